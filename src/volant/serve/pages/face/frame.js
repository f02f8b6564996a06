(() => {
  const root = document.documentElement;
  const kept = name => (document.cookie.match(`(?:^|; )${name}=([^;]*)`) || [])[1] || "";
  const keep = (name, value) => {
    document.cookie = `${name}=${value};path=/;max-age=31536000;samesite=lax${location.protocol === "https:" ? ";secure" : ""}`;
    location.reload();
  };
  const look = kept("volant-look");
  if (look === "light" || look === "dark") root.dataset.look = look;

  let going = 0;
  const typing = to => to && to.closest("input,textarea,select,[contenteditable=true],.q-field");
  const rows = () => [...document.querySelectorAll("[data-row]")].filter(row => row.offsetParent !== null);
  const step = by => {
    const all = rows(), at = all.indexOf(document.activeElement && document.activeElement.closest("[data-row]"));
    const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))];
    if (!next) return;
    if (!next.hasAttribute("tabindex")) next.tabIndex = -1;
    next.focus({preventScroll: true});
    next.scrollIntoView({block: "nearest"});
  };
  const keys = show => {
    const box = document.querySelector("dialog.v-keys");
    if (!box) return;
    if (box.open) box.close(); else if (show) box.showModal();
  };
  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const to = event.target;
    if (typing(to)) {
      if (event.key === "Escape") to.blur();
      return;
    }
    const page = going && event.timeStamp - going < 1500;
    going = 0;
    if (page) {
      const link = document.querySelector(`.v-nav [data-go="${CSS.escape(event.key)}"]`);
      if (link) { event.preventDefault(); location.href = link.href; return; }
    }
    if (document.querySelector("dialog[open]:not(.v-keys)")) return;
    const own = document.querySelector(`[data-press="${CSS.escape(event.key)}"]`);
    if (own) { event.preventDefault(); emitEvent("key-" + own.dataset.name, event.repeat); return; }
    if (event.key === "g") going = event.timeStamp;
    else if (event.key === "j") { event.preventDefault(); step(1); }
    else if (event.key === "k") { event.preventDefault(); step(-1); }
    else if (event.key === "?") { event.preventDefault(); keys(true); }
    else if (event.key === "/") {
      const box = document.querySelector("[data-search] input,[data-search] textarea,input[data-search],textarea[data-search]");
      if (box) { event.preventDefault(); box.focus(); }
    } else if (event.key === "Enter" && to.matches && to.matches("[data-row]")) {
      const link = to.querySelector("a[href]");
      if (link) link.click(); else to.click();
    }
  });
  document.addEventListener("click", event => {
    const button = event.target.closest("[data-look-is],[data-tongue],[data-keys],[data-keys-close],[data-leave]");
    document.querySelectorAll("details.v-drop[open]").forEach(open => { if (!open.contains(event.target)) open.open = false; });
    if (!button) return;
    if (button.dataset.lookIs !== undefined) keep("volant-look", button.dataset.lookIs);
    else if (button.dataset.tongue) keep("volant-tongue", button.dataset.tongue);
    else if (button.dataset.keys !== undefined) keys(true);
    else if (button.dataset.keysClose !== undefined) keys(false);
  });
})();
