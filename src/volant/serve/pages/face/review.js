(() => {
  let playing = !matchMedia("(prefers-reduced-motion: reduce)").matches, at = 0, last = 0, shown = null;
  const stage = () => document.querySelector("[data-review]");
  const draw = () => {
    const box = stage();
    if (!box) return;
    for (const film of box.querySelectorAll(".r-film")) {
      const n = +film.dataset.frames, columns = +film.dataset.columns, rows = Math.ceil(n / columns);
      const k = Math.min(n - 1, Math.floor(at * n)), x = k % columns, y = Math.floor(k / columns), i = film.firstElementChild;
      i.style.backgroundSize = `${columns * 100}% ${rows * 100}%`;
      i.style.backgroundPosition = `${columns > 1 ? x / (columns - 1) * 100 : 0}% ${rows > 1 ? y / (rows - 1) * 100 : 0}%`;
    }
    for (const now of box.querySelectorAll(".r-now")) {
      const plot = now.parentElement.classList.contains("r-plot");
      now.style.left = plot ? `${(50 + 1020 * at) / 1080 * 100}%` : `${at * 100}%`;
    }
    const span = box.querySelector(".r-track u");
    if (span && window.reviewFrom !== undefined) {
      const to = window.reviewTo === undefined ? at : window.reviewTo;
      span.hidden = false;
      span.style.left = `${Math.min(window.reviewFrom, to) * 100}%`;
      span.style.width = `${Math.abs(to - window.reviewFrom) * 100}%`;
    }
  };
  const tick = now => {
    const box = stage();
    if (box && box.dataset.review !== shown) {
      shown = box.dataset.review; at = 0; window.reviewFrom = window.reviewTo = undefined;
    }
    if (box && playing) {
      // The whole episode in its own time, but never in more than six seconds, then a short rest.
      const length = Math.min(6, Math.max(1.5, +box.dataset.seconds)) * 1000;
      at += Math.min(100, now - last) / length;
      if (at > 1.15) at = 0;
    }
    last = now;
    const kept = at; at = Math.min(1, at); draw(); at = kept;
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
  window.reviewPlay = () => { playing = !playing; };
  window.reviewMark = end => {
    const now = Math.min(1, at);
    if (end) window.reviewTo = now; else { window.reviewFrom = now; window.reviewTo = undefined; }
    const a = window.reviewFrom === undefined ? 0 : window.reviewFrom;
    emitEvent("review-span", [Math.min(a, now), end ? Math.max(a, now) : 1]);
  };
  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const box = event.target.closest("input,textarea");
    if (box) { if (event.key === "Escape") { box.blur(); emitEvent("review-does", "Escape"); } return; }
    if (/^[1-9]$/.test(event.key) && document.querySelector(".r-ask")) emitEvent("review-does", event.key);
    else if (event.key === "Escape" && document.querySelector(".r-ask")) emitEvent("review-does", "Escape");
  });
  document.addEventListener("input", event => {
    const name = event.target.dataset && event.target.dataset.plan;
    if (name) emitEvent("review-plan", [name, event.target.value]);
  });
  document.addEventListener("click", event => {
    const track = event.target.closest(".r-track");
    if (track) { const b = track.getBoundingClientRect(); at = (event.clientX - b.left) / b.width; playing = false; draw(); return; }
    const button = event.target.closest("[data-does]");
    if (button) emitEvent("review-does", button.dataset.does);
  });
})();
