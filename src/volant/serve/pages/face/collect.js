(() => {
  "use strict";
  const W = window.collectWords, $ = id => document.getElementById(id), CHUNK = window.collectChunk || 512 * 1024;
  const words = (key, more = {}) => Object.entries(more).reduce((text, [name, value]) => text.replace(`{${name}}`, value), W[key] || key);
  const because = text => {
    for (const [pattern, names, said] of window.collectReasons) {
      const found = new RegExp(`^${pattern}$`).exec(text);
      if (found) return names.reduce((made, name, i) => name !== "more" ? made.replace(`{${name}}`, found[i + 1])
        : made + (found[i + 1] ? words("more", {n: found[i + 1]}) : ""), said);
    }
    return text;
  };
  const pause = ms => new Promise(done => setTimeout(done, ms));
  const node = (tag, text = "", more = {}) => Object.assign(document.createElement(tag), {textContent: text}, more);

  // ---- what is kept on the phone: takes, and what came of each second -------------------------------------------
  let db;
  const opened = new Promise((done, fail) => {
    const ask = indexedDB.open("volant-takes", 1);
    ask.onupgradeneeded = () => {
      ask.result.createObjectStore("takes", {keyPath: "id"});
      ask.result.createObjectStore("parts", {keyPath: ["take", "n"]});
    };
    ask.onsuccess = () => { db = ask.result; done(); };
    ask.onerror = () => fail(ask.error);
  });
  const within = (store, mode, work) => opened.then(() => new Promise((done, fail) => {
    const deal = db.transaction(store, mode, {durability: "strict"}), ask = work(deal.objectStore(store));
    deal.oncomplete = () => done(ask && ask.result);
    deal.onerror = deal.onabort = () => fail(deal.error);
  }));
  const takes = () => within("takes", "readonly", s => s.getAll());
  const keep = take => within("takes", "readwrite", s => s.put(take));
  const own = id => IDBKeyRange.bound([id, 0], [id, Infinity]);
  const parts = id => within("parts", "readonly", s => s.getAll(own(id)));
  const emptied = id => within("parts", "readwrite", s => s.delete(own(id)));

  // ---- the camera, the motion sensors, the light --------------------------------------------------------------
  let stream = null, recorder = null, take = null, chosen = null, asked = null, began = 0, film = null, stage = null;
  let motion = {t: [], acceleration: [], rotation: []}, part = 0, saving = Promise.resolve(), wire = null, wired = {}, numbers = {};
  const light = (colour, text) => {
    stage.dataset.light = colour;
    if ($("c-advice").textContent !== text) $("c-advice").textContent = text;
  };
  const tuned = () => {
    const rec = $("c-rec");
    rec.setAttribute("aria-pressed", String(!!take));
    rec.setAttribute("aria-label", words(take ? "stop" : stream ? "record" : "camera"));
  };
  const camera = async () => {
    try {
      stream = await navigator.mediaDevices.getUserMedia({audio: false, video: {facingMode: "environment", width: {ideal: 1280}, height: {ideal: 720}, frameRate: {ideal: 30}}});
    } catch (error) { light("red", words("denied")); return false; }
    film.srcObject = stream;
    await film.play().catch(() => {});
    if (window.DeviceMotionEvent && DeviceMotionEvent.requestPermission) DeviceMotionEvent.requestPermission().catch(() => {});
    live();
    tuned();
    return true;
  };
  window.addEventListener("devicemotion", event => {
    const a = event.accelerationIncludingGravity || {}, r = event.rotationRate || {};
    const row = [a.x, a.y, a.z].map(x => x ?? null), turn = [r.alpha, r.beta, r.gamma].map(x => x ?? null);
    if (row.every(x => x === null) && turn.every(x => x === null)) return;
    shaken.push(Math.hypot(...row.map(Number)));
    if (shaken.length > 60) shaken.shift();
    if (wire && numbers.motion && row.every(x => x !== null)) wire.samples(numbers.motion, [wire.now()], Float32Array.from(row));
    if (!take) return;
    motion.t.push(Math.round((performance.now() - began) * 1000) / 1000);
    motion.acceleration.push(row); motion.rotation.push(turn);
  });
  const shaken = [], small = document.createElement("canvas");
  small.width = 32; small.height = 24;
  let before = null, same = 0;
  const judged = () => {  // what a phone can tell by itself, link or not
    if (!stream || !film.videoWidth) return;
    const pen = small.getContext("2d", {willReadFrequently: true});
    pen.drawImage(film, 0, 0, 32, 24);
    const pixels = pen.getImageData(0, 0, 32, 24).data, grey = new Float32Array(768);
    for (let i = 0; i < 768; i++) grey[i] = .3 * pixels[4 * i] + .59 * pixels[4 * i + 1] + .11 * pixels[4 * i + 2];
    const mean = grey.reduce((a, b) => a + b) / 768, spread = Math.sqrt(grey.reduce((a, b) => a + (b - mean) ** 2, 0) / 768);
    const change = before ? grey.reduce((a, b, i) => a + Math.abs(b - before[i]), 0) / 768 : 1;
    before = grey;
    same = change < .02 ? same + 1 : 0;
    const rest = shaken.reduce((a, b) => a + b, 0) / (shaken.length || 1);
    const shake = Math.sqrt(shaken.reduce((a, b) => a + (b - rest) ** 2, 0) / (shaken.length || 1));
    const rank = {green: 0, grey: 0, amber: 1, red: 2};
    let mine = mean < 30 ? ["red", words("dark")] : spread < 4 ? ["red", words("blank")] : mean > 235 ? ["amber", words("bright")]
      : same > 15 ? ["amber", words("still")] : shake > 6 ? ["amber", words("shaky")] : [take ? "green" : "grey", words(take ? "good" : "ready")];
    if (wire && wire.ready && rank[wired.light] > rank[mine[0]]) mine = [wired.light, because(wired.why || words("good"))];
    else if (wire && wire.ready && wired.advice && mine[0] === "green") mine = ["green", because(wired.advice)];
    light(...mine);
    if (wire && wire.ready && numbers.look && wire.kept.length < 40) {
      const eye = document.createElement("canvas");
      eye.width = 160; eye.height = 120;
      eye.getContext("2d").drawImage(film, 0, 0, 160, 120);
      const now = wire.now();
      eye.toBlob(async blob => blob && wire.picture(numbers.look, now, new Uint8Array(await blob.arrayBuffer())), "image/jpeg", .6);
    }
    $("c-clock").textContent = take ? new Date(performance.now() - began).toISOString().slice(14, 19) : "";
  };
  const live = () => {  // looked at on the way, not kept: the film itself comes by upload
    if (wire || !window.VolantWire) return;
    wire = new VolantWire(`${location.origin.replace(/^http/, "ws")}/live`, {name: "phone", onstate: state => { wired = state; }});
    numbers.look = wire.declare({name: "look", kind: "image", shape: [120, 160, 3], dtype: "uint8", hz: 5}, "jpeg");
    numbers.motion = wire.declare({name: "motion", kind: "imu", shape: [3], dtype: "float32", unit: "m/s^2"});
    wire.open();
  };

  // ---- recording: every second is on disk before the next ------------------------------------------------------
  let letGo = () => {};
  const stored = blob => {
    const mine = take, seconds = motion, n = part++;
    motion = {t: [], acceleration: [], rotation: []};
    saving = saving.then(() => within("parts", "readwrite", s => s.put({take: mine.id, n, blob, motion: seconds})))
      .catch(() => { light("red", words("nospace")); if (recorder && recorder.state === "recording") recorder.stop(); });
  };
  const begin = async () => {
    if (!stream && !await camera()) return;
    if (asked) await answered("");
    // WebM first: some browsers give an MP4 out only when it ends, and then a closed tab would lose it all.
    const type = ["video/webm;codecs=vp8", "video/webm", "video/mp4"].find(t => MediaRecorder.isTypeSupported(t));
    const what = chosen || {task: $("c-own").value.trim(), scene: ""};
    take = {id: [...crypto.getRandomValues(new Uint8Array(8))].map(b => b.toString(16).padStart(2, "0")).join(""), state: "recording", type: type || "video/webm",
      task: what.task, scene: what.scene || "", outcome: "", started: Date.now(), seconds: 0, url: "", said: null};
    await keep(take);
    if (navigator.locks) navigator.locks.request(`take-${take.id}`, () => new Promise(done => { letGo = done; }));
    part = 0; motion = {t: [], acceleration: [], rotation: []};
    recorder = new MediaRecorder(stream, {mimeType: type, videoBitsPerSecond: 2500000, videoKeyFrameIntervalDuration: 1000});
    recorder.onstart = () => { began = performance.now(); take.started = Date.now(); tuned(); };
    recorder.ondataavailable = event => { if (event.data.size) stored(event.data); };
    recorder.onstop = ended;
    recorder.start(1000);
    if (navigator.wakeLock) navigator.wakeLock.request("screen").catch(() => {});
  };
  const ended = async () => {
    const done = take;
    done.seconds = (performance.now() - began) / 1000;
    await saving;
    done.state = "asked";
    await keep(done);
    take = recorder = null; asked = done;
    document.querySelector(".c-ask").hidden = false;
    $("c-rec").hidden = true;
    tuned(); drawn();
  };
  const answered = async word => {
    const done = asked;
    asked = null;
    document.querySelector(".c-ask").hidden = true;
    $("c-rec").hidden = false;
    if (word === "discard") { await emptied(done.id); await within("takes", "readwrite", s => s.delete(done.id)); letGo(); drawn(); return; }
    done.outcome = word; done.state = "ready";
    await keep(done);
    letGo();
    drawn(); send();
  };

  // ---- sending: a tar of three files, by tus, in pieces, from wherever it stopped ------------------------------
  const tarred = (name, size) => {
    const head = new Uint8Array(512), put = (at, text) => [...text].forEach((c, i) => { head[at + i] = c.charCodeAt(0); });
    put(0, name); put(100, "0000644\0"); put(108, "0000000\0"); put(116, "0000000\0");
    put(124, size.toString(8).padStart(11, "0") + "\0"); put(136, "00000000000\0"); put(148, "        "); put(156, "0"); put(257, "ustar\0" + "00");
    put(148, head.reduce((a, b) => a + b, 0).toString(8).padStart(6, "0") + "\0 ");
    return head;
  };
  const packed = async one => {
    const rows = await parts(one.id), moved = {t: [], acceleration: [], rotation: []};
    for (const row of rows) for (const name in moved) moved[name].push(...row.motion[name]);
    const about = {volant_take: 1, started: one.started, task: one.task, scene: one.scene, outcome: one.outcome, device: navigator.userAgent.slice(0, 200), take: one.id};
    const files = [["take.json", new Blob([JSON.stringify({...about, device: one.device || (one.device = about.device)})])],
      [one.type.startsWith("video/mp4") ? "video.mp4" : "video.webm", new Blob(rows.map(row => row.blob))]];
    if (moved.t.length) files.push(["motion.json", new Blob([JSON.stringify(moved)])]);
    const pieces = files.flatMap(([name, blob]) => [tarred(name, blob.size), blob, new Uint8Array((512 - blob.size % 512) % 512)]);
    return new Blob([...pieces, new Uint8Array(1024)]);
  };
  const told = (key, value) => `${key} ${btoa(String.fromCharCode(...new TextEncoder().encode(value)))}`;
  const tus = (method, url, more = {}) => fetch(url, {method, ...more, headers: {"Tus-Resumable": "1.0.0", ...more.headers}});
  const upload = async one => {
    const whole = await packed(one);
    one.size = whole.size;
    if (!one.url) {
      const meta = [told("filename", "phone.take"), told("take", one.id), told("task", one.task || "-")].join(",");
      const made = await tus("POST", "/uploads", {headers: {"Upload-Length": String(whole.size), "Upload-Metadata": meta}});
      if (made.status !== 201) throw made.status;
      one.url = made.headers.get("location");
      await keep(one);
    }
    const head = await tus("HEAD", one.url);
    if (head.status === 404) { one.url = ""; await keep(one); throw 404; }
    if (!head.ok) throw head.status;
    let offset = Number(head.headers.get("upload-offset"));
    while (offset < whole.size) {
      const piece = await whole.slice(offset, offset + CHUNK).arrayBuffer(), headers = {"Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream"};
      if (crypto.subtle) headers["Upload-Checksum"] = `sha256 ${btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest("SHA-256", piece))))}`;
      const put = await tus("PATCH", one.url, {headers, body: piece});
      if (put.status === 409) offset = Number(put.headers.get("upload-offset"));
      else if (put.status !== 204) throw put.status;
      else offset = Number(put.headers.get("upload-offset"));
      progress.set(one.id, offset / whole.size);
      drawn();
    }
    one.state = "sent";
    await keep(one);
  };
  const verdict = async one => {
    const answer = await fetch(one.url, {headers: {accept: "application/json"}});
    if (answer.status === 404) { one.state = "done"; one.said = {state: "landed", episodes: []}; }
    else if (!answer.ok) throw answer.status;
    else {
      const said = await answer.json();
      if (said.state !== "landed" && said.state !== "refused") return false;
      one.state = "done"; one.said = {state: said.state, why: said.why, episodes: said.episodes};
    }
    await keep(one);
    if (one.said.state === "landed") await emptied(one.id);  // only now is it nowhere but in the lake
    today();
    return true;
  };
  const progress = new Map(), trouble = new Map();
  let sending = false, again = false, wait = 1000;
  const send = () => {  // one tab sends, whichever comes first; the others leave it to that one
    if (sending) { again = true; return; }
    sending = true;
    const work = () => sent().finally(() => { sending = false; if (again) { again = false; send(); } });
    if (navigator.locks) navigator.locks.request("volant-send", work); else work();
  };
  const sent = async () => {
    for (;;) {
      const waiting = (await takes()).filter(one => one.state === "ready" || one.state === "sent").sort((a, b) => a.started - b.started);
      if (!waiting.length) break;
      for (const one of waiting) {
        try {
          if (one.state === "ready") await upload(one);
          if (!await verdict(one)) wait = 700;
          trouble.delete(one.id);
        } catch (error) {
          trouble.set(one.id, error === 507 ? "full" : typeof error === "number" ? "waiting" : "offline");
          wait = Math.min(15000, wait * 1.6);
        }
        drawn();
      }
      await Promise.race([pause(wait), new Promise(done => addEventListener("online", () => { wait = 500; done(); }, {once: true}))]);
    }
    wait = 1000;
  };

  // ---- what one sees -----------------------------------------------------------------------------------------
  const state = one => {
    if (one.state === "done") return one.said.state === "refused" ? words("refused") : words(one.said.episodes[0]?.verdict || "review");
    if (one.state === "sent") return trouble.has(one.id) ? words(trouble.get(one.id)) : words("judging");
    if (trouble.has(one.id)) return words(trouble.get(one.id));
    return progress.has(one.id) ? words("sending", {share: `${Math.floor(100 * progress.get(one.id))} %`}) : words("waiting");
  };
  const drawn = async () => {
    const list = (await takes()).filter(one => one.state !== "recording").sort((a, b) => b.started - a.started).slice(0, 30);
    $("c-takes").replaceChildren(...list.map(one => {
      const item = node("li"), top = node("div", "", {className: "top"});
      item.dataset.state = one.state;
      top.append(node("b", one.task || words("own")), node("span", `${one.seconds.toFixed(0)} s`, {className: "soft n"}),
        node("span", state(one), {className: "badge " + (one.state === "done" ? one.said.state === "refused" ? "quarantine" : one.said.episodes[0]?.verdict || "review" : "")}));
      item.append(top);
      if (one.state === "ready") {
        const bar = node("progress", "", {max: 1, value: progress.get(one.id) || 0});
        bar.setAttribute("aria-label", state(one));
        item.append(bar);
      }
      const why = one.said && (one.said.why || one.said.episodes.flatMap(e => e.reasons).slice(0, 2).map(because).join(" "));
      if (why) item.append(node("p", why));
      return item;
    }), ...(list.length ? [] : [node("li", words("takes.none"), {className: "soft"})]));
  };
  const ordered = orders => {
    $("c-orders").replaceChildren(...orders.map(order => {
      const button = node("button", "", {className: "c-order"}), picture = node("i"), text = node("span");
      button.setAttribute("aria-pressed", String(!!chosen && chosen.task === order.task && chosen.scene === order.scene));
      if (order.filmed) {
        picture.style.backgroundImage = `url("/collect/example?task=${encodeURIComponent(order.task)}")`;
        picture.className = "film";
      } else picture.hidden = true;
      text.append(node("b", words("order", {count: order.count, task: order.task})), node("small", order.scene));
      button.append(picture, text);
      button.onclick = () => { chosen = chosen && chosen.task === order.task && chosen.scene === order.scene ? null : order; ordered(orders); };
      return button;
    }), ...(orders.length ? [] : [node("p", words("orders.none"), {className: "how"})]));
  };
  const returned = rows => {
    $("c-back").hidden = !rows.length;
    $("c-back").querySelector("ul").replaceChildren(...rows.map(row => {
      const item = node("li"), top = node("div", "", {className: "top"});
      top.append(node("b", row.task || row.id.slice(0, 8)));
      item.append(top, node("p", W[`reason.${row.reason}`] || row.reason));
      if (row.final) { item.append(node("p", words("back.final"))); return item; }
      const ask = node("button", words("back.object"), {className: "v-button"});
      ask.onclick = () => {
        const form = node("form"), box = node("input", "", {className: "v-field", placeholder: words("back.words"), required: true, maxLength: 500});
        box.setAttribute("aria-label", words("back.words"));
        form.append(box, node("button", words("back.send"), {className: "v-button"}));
        form.onsubmit = async event => {
          event.preventDefault();
          const put = await fetch("/collect/object", {method: "POST", body: JSON.stringify({id: row.id, words: box.value})}).catch(() => null);
          const said = put ? put.ok ? words("back.sent") : (await put.json()).error.what : words("offline");
          form.replaceWith(node("p", said));
        };
        ask.replaceWith(form);
        box.focus();
      };
      top.append(ask);
      return item;
    }));
  };
  let shown = "";
  const today = async () => {
    try {
      const answer = await fetch(`/collect/today?since=${new Date().setHours(0, 0, 0, 0)}`);
      if (!answer.ok) return;
      const said = await answer.json();
      $("c-minutes").textContent = words("minutes", {n: (said.seconds / 60).toFixed(1)});
      $("c-count").textContent = words("count", {accepted: said.accepted, n: said.n});
      const fresh = JSON.stringify([said.orders, said.returned]);
      if (fresh !== shown) { shown = fresh; ordered(said.orders); returned(said.returned); }
    } catch (error) { /* without a link the page goes on with what it knows */ }
  };

  const start = async () => {
    while (!document.querySelector(".c-stage")) await pause(50);
    stage = document.querySelector(".c-stage"); film = stage.querySelector("video");
    // From here on the page needs no line to its server's programs, and must not be reloaded when one is cut.
    for (let i = 0; i < 100 && !(window.socket && window.socket.connected); i++) await pause(50);
    if (window.socket) window.socket.disconnect();
    for (const one of await takes()) {  // a tab that was closed while it recorded, or before it was asked
      if (one.state !== "recording" && one.state !== "asked") continue;
      const adopt = async () => {
        const rows = await parts(one.id);
        if (rows.length) await keep({...one, seconds: one.seconds || rows.length, state: "ready"});
        else await within("takes", "readwrite", s => s.delete(one.id));
        drawn(); send();
      };
      if (navigator.locks) navigator.locks.request(`take-${one.id}`, adopt); else await adopt();
    }
    $("c-rec").onclick = () => take ? recorder.stop() : stream ? begin() : camera().then(() => light("grey", words("ready")));
    document.querySelectorAll("[data-outcome]").forEach(button => { button.onclick = () => answered(button.dataset.outcome); });
    $("c-own").oninput = () => { chosen = null; shown = ""; };
    addEventListener("beforeunload", event => { if (take) event.preventDefault(); });
    if (navigator.storage && navigator.storage.persist) navigator.storage.persist();
    tuned(); drawn(); today(); send();
    setInterval(judged, 200);
    setInterval(today, 20000);
    stage.dataset.ready = "yes";
    const allowed = navigator.permissions && await navigator.permissions.query({name: "camera"}).catch(() => null);
    if (allowed && allowed.state === "granted") camera();
  };
  start();
})();
