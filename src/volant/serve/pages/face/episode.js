(() => {
  let stage = null, now = 0, playing = false, last = 0, rate = 1;
  const all = (what, root) => [...(root || stage).querySelectorAll(what)];
  const find = () => {
    const here = document.querySelector("[data-stage]");
    if (here === stage) return stage;
    stage = here; now = 0; playing = false;
    if (stage) show();
    return stage;
  };
  const seconds = () => Number(stage.dataset.seconds) || 1e-9;
  const place = (film, at) => Math.max(0, (at - Number(film.dataset.start)) * Number(film.dataset.scale));
  const show = (seek = true) => {
    stage.style.setProperty("--at", Math.min(1, Math.max(0, now / seconds())));
    const words = stage.querySelector("[data-clock]"), bar = stage.querySelector("[data-bar]");
    if (words) words.textContent = now.toFixed(2) + " s";
    if (bar && document.activeElement !== bar || bar && seek) {
      bar.value = now; bar.setAttribute("aria-valuetext", now.toFixed(2) + " s");
    }
    all("video").forEach(film => {
      const at = place(film, now);
      if (film.readyState === 0) return;
      if (!playing && Math.abs(film.currentTime - at) > 0.01 || playing && Math.abs(film.currentTime - at) > 0.12) film.currentTime = at;
    });
    all("img[data-still]").forEach(still => {
      const count = Number(still.dataset.count);
      const frame = Math.min(count - 1, Math.max(0, Math.round((now - Number(still.dataset.start)) * Number(still.dataset.rate))));
      if (still.dataset.busy || still.dataset.shown === String(frame)) return;
      still.dataset.busy = "1"; still.dataset.shown = frame;
      const done = () => { delete still.dataset.busy; };
      still.onload = done; still.onerror = done;
      still.src = still.dataset.still.replace("FRAME", frame);
    });
  };
  const step = at => {
    if (!playing || !stage || !stage.isConnected) return;
    now = Math.min(seconds(), now + (at - last) / 1000 * rate);
    last = at;
    if (now >= seconds()) play(false);
    show(false);
    if (playing) requestAnimationFrame(step);
  };
  const play = on => {
    if (on && now >= seconds() - 0.005) now = 0;
    playing = on;
    all("video").forEach(film => { film.playbackRate = rate; if (on) film.play().catch(() => {}); else film.pause(); });
    const button = stage.querySelector("[data-play]");
    button.setAttribute("aria-pressed", on);
    if (on) requestAnimationFrame(at => { last = at; step(at); });
    show();
  };
  const seek = at => { now = Math.min(seconds(), Math.max(0, at)); show(); };
  document.addEventListener("click", event => {
    if (!find()) return;
    const to = event.target;
    if (to.closest("[data-play]")) play(!playing);
    else if (to.closest("[data-rate]")) {
      rate = Number(to.closest("[data-rate]").dataset.rate);
      all("[data-rate]").forEach(one => one.setAttribute("aria-pressed", Number(one.dataset.rate) === rate));
      all("video").forEach(film => { film.playbackRate = rate; });
    } else if (to.closest("[data-seek]")) seek(Number(to.closest("[data-seek]").dataset.seek));
    else if (to.closest("[data-track]")) {
      const box = to.closest("[data-track]").getBoundingClientRect();
      seek((event.clientX - box.left) / box.width * seconds());
    }
  });
  document.addEventListener("input", event => { if (find() && event.target.matches("[data-bar]")) seek(Number(event.target.value)); });
  document.addEventListener("keydown", event => {
    if (!find() || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input:not([type=range]),textarea,select,button,a,summary,dialog")) { if (event.key !== "," && event.key !== ".") return; }
    const by = {ArrowLeft: -0.5, ArrowRight: 0.5, ",": -0.04, ".": 0.04}[event.key];
    if (event.key === " ") { event.preventDefault(); play(!playing); }
    else if (by) { event.preventDefault(); seek(now + by); }
    else if (event.key === "Home") { event.preventDefault(); seek(0); }
    else if (event.key === "End") { event.preventDefault(); seek(seconds()); }
  });
  document.addEventListener("loadeddata", () => { if (find()) show(); }, true);
  new MutationObserver(find).observe(document.documentElement, {childList: true, subtree: true});
})();
