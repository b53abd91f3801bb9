// Brings a report to life: charts say their numbers, and each episode is drawn: the first at once, the others when they
// are about to be seen.
'use strict';

(() => {
    for (const curves of document.querySelectorAll('.curves')) NM.charts.activateSwitch(curves);
    NM.charts.activate(document);

    const drawEpisode = place => {
        const data = document.getElementById(place.dataset.episode);
        NM.episode.draw(place, JSON.parse(data.textContent));
    };
    const observer = new IntersectionObserver(seen => {
        for (const { isIntersecting, target } of seen) {
            if (!isIntersecting) continue;
            observer.unobserve(target);
            drawEpisode(target);
        }
    }, { rootMargin: '400px' });
    const [first, ...others] = document.querySelectorAll('[data-episode]');
    if (first) drawEpisode(first);
    others.forEach(place => observer.observe(place));
})();
