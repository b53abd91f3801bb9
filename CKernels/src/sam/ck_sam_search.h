/* ck_sam_search.h: which rows of a sparse access memory are nearest to the keys of its heads.
 *
 * An exact search goes over all stored rows, and in long episodes it is most of the work. So these rows stand a second
 * time in tiles of one vector register of rows: the first numbers of all of them, then the second ones, and so on, and
 * last 1 / |m|. A register then holds products of as many rows, and no sum goes across registers. Keys that are searched
 * for together share the loads. The way back does not keep the tiles: it searches for nothing. */
#ifndef CK_SAM_SEARCH_H
#define CK_SAM_SEARCH_H

#include <math.h>

#include "ck_sam_internal.h"

/* 1 / |x|, and 0 where the norm counts as 0, so that such cosines are 0. */
CK_INLINE float inverse_norm(float norm) { return norm <= 0.0f ? 0.0f : 1.0f / norm; }

/* Copies row i and its norm into its tile. */
CK_INLINE void tile_row(const sam_layout *l, const sam_element *e, ck_int i) {
    float *tile = e->tiles + i / CK_LANES * l->tile + i % CK_LANES;
    const float *row = e->rows + i * l->pad;
    for (ck_int c = 0; c < l->columns; c++) {
        tile[c * CK_LANES] = row[c];
    }
    tile[l->columns * CK_LANES] = inverse_norm(e->norms[i]);
}

/* The search of one head. */
typedef struct {
    const float *key; /* (M) */
    float inverse_norm;
    float least; /* of the similarities found, -infinity while they are fewer than K */
    sam_record found;
} sam_search;

/* Puts a row among the nearest, behind those that are as near: their numbers are lower. */
CK_INLINE void insert_neighbor(ck_int count, float similarity, ck_int i, const sam_record *r) {
    ck_int place = count - 1;
    for (; place > 0 && r->similarity[place - 1] < similarity; place--) {
        r->similarity[place] = r->similarity[place - 1];
        r->neighbors[place] = r->neighbors[place - 1];
    }
    r->similarity[place] = similarity;
    r->neighbors[place] = (int32_t)i;
}

/* Takes what is near enough of `count` rows from row `first` on, of which the bits of `near` are looked at. Returns
 * whether one of these cosines is NaN. */
CK_INLINE int insert_nearest(const sam_layout *l, sam_search *s, const ck_lanes *similarities, unsigned near,
                             ck_int first, ck_int count) {
    float each[CK_LANES];
    memcpy(each, similarities, sizeof each);
    int is_nan = 0;
    for (; near != 0; near &= near - 1) {
        ck_int i = __builtin_ctz(near);
        if (i >= count) break;
        is_nan |= isnan(each[i]);
        if (each[i] > s->least) {
            insert_neighbor(l->neighbors, each[i], first + i, &s->found);
            s->least = s->found.similarity[l->neighbors - 1];
        }
    }
    return is_nan;
}

/* Searches the tile from row `first` on for `keys` keys, 1 or 4, a constant. Four sums that do not wait for each other keep
 * the multiplier busy, and with the tile they fit into 16 half registers: one of each key, or one of each fourth column. */
CK_INLINE int search_tile(const sam_layout *l, const sam_element *e, const int keys, sam_search *s, ck_int first) {
    const int columns = 4 / keys;
    const float *tile = e->tiles + first / CK_LANES * l->tile;
    ck_lanes sums[4] = {{0}};
    ck_int c = 0;
    for (; c + columns <= l->columns; c += columns) {
        for (int k = 0; k < keys; k++) {
            for (int n = 0; n < columns; n++) {
                sums[k * columns + n] += *const_lanes_at(tile, (c + n) * CK_LANES) * s[k].key[c + n];
            }
        }
    }
    for (; c < l->columns; c++) { /* only where there is one key */
        sums[0] += *const_lanes_at(tile, c * CK_LANES) * s[0].key[c];
    }
    if (columns == 4) sums[0] = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    ck_lanes inverse_norms = *const_lanes_at(tile, l->columns * CK_LANES);
    int is_nan = 0;
    for (int k = 0; k < keys; k++) {
        ck_lanes similarities = sums[k] * inverse_norms * s[k].inverse_norm;
        ck_lanes_mask is_near = ~(similarities <= s[k].least); /* or NaN */
        unsigned near = lanes_bits(&is_near);
        if (near != 0) {
            is_nan |= insert_nearest(l, &s[k], &similarities, near, first, e->at->stored - first);
        }
    }
    return is_nan;
}

/* Searches all stored rows for `keys` keys, a constant. */
CK_INLINE int search_rows(const sam_layout *l, const sam_element *e, const int keys, sam_search *s) {
    int is_nan = 0;
    for (ck_int first = 0; first < e->at->stored; first += CK_LANES) {
        is_nan |= search_tile(l, e, keys, s, first);
    }
    return is_nan;
}

/* Finds for each head the K stored rows nearest to its key in step t. raw is the step's interface vector. Returns
 * whether any cosine is NaN; then the neighbors mean nothing. */
CK_INLINE int find_neighbors(const sam_layout *l, const sam_element *e, ck_int t, const float *raw) {
    int is_nan = 0;
    for (ck_int head = 0; head < l->heads;) {
        int keys = l->heads - head >= 4 ? 4 : 1;
        sam_search s[4];
        for (int k = 0; k < keys; k++, head++) {
            sam_record r = sam_record_at(l, e, t, head);
            const float *key = raw + head * l->raw;
            float norm = sam_norm(l, sam_load(l, key, sam_vector(l, e, SAM_KEY)));
            r.scalars[SAM_KEY_NORM] = norm;
            for (ck_int j = 0; j < l->neighbors; j++) {
                r.similarity[j] = -INFINITY;
            }
            s[k] = (sam_search){key, inverse_norm(norm), -INFINITY, r};
        }
        is_nan |= keys == 4 ? search_rows(l, e, 4, s) : search_rows(l, e, 1, s);
    }
    return is_nan;
}

#endif
