/* ck_sam_state.c: how an episode of the sparse access memory begins, how the state of a batch element is saved and
 * restored, and what inspection sees. */
#include "ck_sam.h"

#include <math.h>

#include "ck_sam_internal.h"
#include "ck_sam_search.h"

/* ---- starts, saved states ---- */

static void begin_element(const sam_layout *l, const sam_element *e) {
    *e->at = (sam_progress){.oldest = -1, .newest = -1};
    for (ck_int head = 0; head < l->heads; head++) {
        sam_record r = sam_record_at(l, e, -1, head);
        for (ck_int j = 0; j < l->reads; j++) {
            r.neighbors[j] = -1;
            r.weights[j] = 0.0f;
        }
        for (ck_int n = 0; n < l->links; n++) {
            sam_precedence_at(l, e, head).rows[n] = -1;
        }
    }
}

void ck_sam_begin(ck_sam_shape shape, void *workspace) {
    sam_layout l = ck_sam_layout_of(shape);
    for (ck_int b = 0; b < l.batch; b++) {
        sam_element e = sam_element_at(&l, workspace, b);
        begin_element(&l, &e);
    }
}

ck_int ck_sam_touched(ck_sam_shape shape, const void *workspace, ck_int b) {
    sam_layout l = ck_sam_layout_of(shape);
    return sam_element_at(&l, workspace, b).at->touched;
}

void ck_sam_save(ck_sam_shape shape, const void *workspace, ck_int b, float *memory, float *norms, int32_t *ranks,
                 int32_t *neighbors, float *weights) {
    sam_layout l = ck_sam_layout_of(shape);
    sam_element e = sam_element_at(&l, workspace, b);
    for (ck_int i = 0; i < e.at->touched; i++) {
        memcpy(memory + i * l.columns, e.rows + i * l.pad, (size_t)l.columns * sizeof(float));
        norms[i] = e.norms[i];
        ranks[i] = 0;
    }
    int32_t rank = 1;
    for (int32_t i = e.at->oldest; i >= 0; i = e.newer[i]) {
        ranks[i] = rank++;
    }
    for (ck_int head = 0; head < l.heads; head++) {
        sam_record r = sam_record_at(&l, &e, e.at->done - 1, head);
        memcpy(neighbors + head * l.reads, r.neighbors, (size_t)l.reads * sizeof(int32_t));
        memcpy(weights + head * l.reads, r.weights, (size_t)l.reads * sizeof(float));
    }
}

/* A list in the order of its rows: how it came about does not show. */
static void save_list(const sam_layout *l, const int32_t *rows, const float *weights, int32_t *to_rows,
                      float *to_weights) {
    for (ck_int n = 0; n < l->links; n++) {
        to_rows[n] = -1;
        to_weights[n] = 0.0f;
    }
    for (ck_int n = 0; n < l->links && rows[n] >= 0; n++) {
        ck_int place = n;
        for (; place > 0 && to_rows[place - 1] > rows[n]; place--) {
            to_rows[place] = to_rows[place - 1];
            to_weights[place] = to_weights[place - 1];
        }
        to_rows[place] = rows[n];
        to_weights[place] = weights[n];
    }
}

void ck_sam_save_links(ck_sam_shape shape, const void *workspace, ck_int b, int32_t *links, float *link_weights,
                       int32_t *precedence, float *precedence_weights) {
    sam_layout l = ck_sam_layout_of(shape);
    sam_element e = sam_element_at(&l, workspace, b);
    for (ck_int head = 0; head < l.heads; head++) {
        for (ck_int i = 0; i < e.at->touched; i++) {
            sam_links from = sam_links_at(&l, &e, head, i);
            save_list(&l, from.before, from.weights, links, link_weights);
            links += l.links;
            link_weights += l.links;
        }
        sam_precedence p = sam_precedence_at(&l, &e, head);
        save_list(&l, p.rows, p.weights, precedence + head * l.links, precedence_weights + head * l.links);
    }
}

/* Makes the list of the rows that have a rank. */
static void restore_list(const sam_element *e, ck_int touched, const int32_t *ranks) {
    ck_int count = 0;
    for (ck_int i = 0; i < touched; i++) { /* stamps hold the rows in their order for a while */
        if (ranks[i] > 0) e->stamps[ranks[i] - 1] = (int32_t)i, count++;
    }
    for (ck_int n = 0; n < count; n++) {
        e->older[e->stamps[n]] = n > 0 ? e->stamps[n - 1] : -1;
        e->newer[e->stamps[n]] = n + 1 < count ? e->stamps[n + 1] : -1;
    }
    e->at->oldest = count > 0 ? e->stamps[0] : -1;
    e->at->newest = count > 0 ? e->stamps[count - 1] : -1;
    for (ck_int i = 0; i < touched; i++) {
        e->stamps[i] = ranks[i] > 0 ? SAM_BEFORE : SAM_NEVER;
    }
}

void ck_sam_restore(ck_sam_shape shape, void *workspace, ck_int b, ck_int touched, const float *memory,
                    const float *norms, const int32_t *ranks, const int32_t *neighbors, const float *weights) {
    sam_layout l = ck_sam_layout_of(shape);
    sam_element e = sam_element_at(&l, workspace, b);
    begin_element(&l, &e);
    e.at->touched = e.at->stored = (int32_t)touched;
    for (ck_int i = 0; i < touched; i++) {
        sam_load(&l, memory + i * l.columns, e.rows + i * l.pad);
        e.norms[i] = norms[i];
        tile_row(&l, &e, i);
        if (l.links > 0) sam_unlink(&l, &e, i);
    }
    restore_list(&e, touched, ranks);
    for (ck_int head = 0; head < l.heads; head++) {
        sam_record r = sam_record_at(&l, &e, -1, head);
        memcpy(r.neighbors, neighbors + head * l.reads, (size_t)l.reads * sizeof(int32_t));
        memcpy(r.weights, weights + head * l.reads, (size_t)l.reads * sizeof(float));
        for (ck_int j = 0; j < l.reads; j++) {
            e.at->is_nan |= isnan(r.weights[j]);
        }
    }
}

void ck_sam_restore_links(ck_sam_shape shape, void *workspace, ck_int b, const int32_t *links,
                          const float *link_weights, const int32_t *precedence, const float *precedence_weights) {
    sam_layout l = ck_sam_layout_of(shape);
    sam_element e = sam_element_at(&l, workspace, b);
    for (ck_int head = 0; head < l.heads; head++) {
        sam_precedence p = sam_precedence_at(&l, &e, head);
        for (ck_int n = 0; n < l.links; n++) {
            p.rows[n] = precedence[head * l.links + n];
            p.weights[n] = precedence_weights[head * l.links + n];
            e.at->is_nan |= isnan(p.weights[n]);
        }
        for (ck_int i = 0; i < e.at->touched; i++) {
            sam_links to = sam_links_at(&l, &e, head, i);
            for (ck_int n = 0; n < l.links; n++, links++, link_weights++) {
                to.before[n] = *links;
                to.weights[n] = *link_weights;
                e.at->is_nan |= isnan(*link_weights);
                if (*links < 0) continue;
                int32_t *after = sam_links_at(&l, &e, head, *links).after;
                while (*after >= 0) {
                    after++;
                }
                *after = (int32_t)i;
            }
        }
    }
}

/* ---- inspection ---- */

ck_sam_head_step ck_sam_head(ck_sam_shape shape, const void *workspace, ck_int t, ck_int b, ck_int head) {
    sam_layout l = ck_sam_layout_of(shape);
    sam_element e = sam_element_at(&l, workspace, b);
    sam_record r = sam_record_at(&l, &e, t, head);
    return (ck_sam_head_step){.neighbors = r.neighbors,
                              .similarity = r.similarity,
                              .weights = r.weights,
                              .written = *r.written,
                              .strength = r.scalars[SAM_STRENGTH],
                              .write_gate = r.scalars[SAM_WRITE_GATE],
                              .interpolation_gate = r.scalars[SAM_INTERPOLATION_GATE],
                              .content = r.content,
                              .modes = l.links > 0 ? r.modes : NULL,
                              .linked = l.links > 0 ? r.linked : NULL,
                              .places = l.links > 0 ? r.places : NULL};
}

void ck_sam_row(ck_sam_shape shape, const void *workspace, ck_int b, ck_int i, float *memory) {
    sam_layout l = ck_sam_layout_of(shape);
    sam_element e = sam_element_at(&l, workspace, b);
    for (ck_int c = 0; c < l.columns; c++) {
        float stored = i < e.at->touched ? e.rows[i * l.pad + c] : l.initial;
        memory[c] = e.at->is_nan ? NAN : stored;
    }
}
