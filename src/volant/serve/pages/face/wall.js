// The wall of robots, and the one in hand. One snapshot a tick comes in; only what changed is touched.
(() => {
  const {words, limits} = window.volantWatch;
  const say = (key, values = {}) => (words[key] || key).replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const make = (tag, name, text) => { const made = document.createElement(tag); made.className = name; if (text !== undefined) made.textContent = text; return made; };
  const set = (node, text) => { if (node.textContent !== text) node.textContent = text; };
  const [REST, POLICY, WAITING, TAKEN, PERSON] = [0, 1, 2, 3, 4];
  const RESORT = 2000, CALM = 3000, GRACE = 400;  // ms: between sortings, after a hand moved, for a key meant before one
  const typing = to => to && to.closest && to.closest("input,textarea,select,[contenteditable=true]");

  class Wall extends HTMLElement {
    connectedCallback() {
      if (this.began) return;
      this.began = true;
      this.tiles = []; this.order = []; this.before = []; this.sorted = 0; this.touched = 0; this.seq = 0; this.asked = new Map();
      this.mine = -1; this.last = -1; this.naming = false; this.trail = []; this.going = -Infinity; this.costs = [];
      this.hands = new window.VolantHands(what => this.order_(what));
      this.frame();
      this.look(); this.speak();
      this.timer = setInterval(() => this.pulse(), 33);
      document.addEventListener("keydown", event => this.key(event), true);
      this.wall.addEventListener("pointermove", () => { this.touched = performance.now(); });
      new MutationObserver(() => this.scene && this.scene.colours(this)).observe(document.body, {attributes: true, attributeFilter: ["class"]});
      matchMedia("(prefers-color-scheme:dark)").addEventListener("change", () => this.scene && this.scene.colours(this));
    }

    frame() {
      this.innerHTML = `<p class="w-state" role="status"></p><dl class="w-figures"></dl><p class="w-said" role="status" aria-live="polite"></p>
        <div class="w-wall" role="group"></div><p class="w-foot how"></p><div class="w-dock"><section class="w-cause" hidden></section><section class="w-hand" hidden></section></div>`;
      [this.state, this.figures, this.said, this.wall, this.foot, this.dock] = this.children;
      [this.cause, this.hand] = this.dock.children;
      this.wall.setAttribute("aria-label", say("wall"));
      set(this.state, say("starting"));
    }

    // --- links -------------------------------------------------------------------------------------------------
    link(path, heard, lost) {
      const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`);
      socket.binaryType = "arraybuffer";
      const read = new TextDecoder();
      socket.onmessage = event => heard(JSON.parse(read.decode(event.data)));
      socket.onclose = () => { lost(); setTimeout(() => this.isConnected && this[path === "/watch/live" ? "look" : "speak"](), 1000); };
      return socket;
    }

    look() {
      this.live = this.link("/watch/live", said => {
        if (said.trouble) this.stuck(said.trouble);
        else if (said.opened) this.open(said.opened);
        else if (said.figures) { this.told = said; this.tell(); }
        else this.show(said);
      }, () => this.stuck(say(this.mine >= 0 ? "lost.held" : "lost")));
    }

    speak() {
      this.mouth = this.link("/watch/steer", answer => {
        const done = this.asked.get(answer.seq);
        this.asked.delete(answer.seq);
        if (!answer.done) this.answer(answer.words);
        else if (done) done(answer.words);
      }, () => {});
    }

    stuck(text) { set(this.state, text); this.state.hidden = false; this.state.classList.toggle("bad", true); }

    send(order, done) {
      if (!this.mouth || this.mouth.readyState !== 1) { if (done) this.answer(say("lost")); return; }
      order.seq = this.seq++;
      if (done) this.asked.set(order.seq, done);
      this.mouth.send(JSON.stringify(order));
      if (limits.log && order.do === "steer") limits.log.push(order);
    }

    pulse() {  // thirty times a second while a robot is in hand, four otherwise
      this.beats = (this.beats || 0) + 1;
      if (this.mine >= 0) {
        const push = this.hands.push();
        this.pushed = push;
        this.send({do: "steer", push});
      } else if (this.beats % 8 === 0) this.send({do: "beat"});
    }

    answer(text) { set(this.said, text); clearTimeout(this.quiet); this.quiet = setTimeout(() => set(this.said, ""), 6000); }

    // --- what people do ----------------------------------------------------------------------------------------
    take(robot) {
      if (robot === undefined || robot < 0) return;
      this.send({do: "take", robot}, words => this.answer(words));
    }

    order_(what) {
      if (what === "rewind") this.send({do: "rewind", seconds: 3}, words => { this.trail = []; this.answer(words); });
      else this.send({do: what}, words => this.answer(words));
    }

    name(word) {
      this.send({do: "cause", cause: word}, () => this.answer(`${say("robot", {n: this.last})}: ${say(word)}`));
      this.naming = false; this.cause.hidden = true;
    }

    ask(robot) {  // why did it need somebody
      this.last = robot;
      this.cause.replaceChildren(make("p", "", say("why.of", {n: robot})), make("p", "how", say("why.keys")));
      const row = make("div", "w-words");
      this.opened.causes.forEach((word, i) => {
        const button = make("button", "v-button", "");
        button.append(make("kbd", "", String(i + 1)), document.createTextNode(say(word)));
        button.onclick = () => this.name(word);
        row.append(button);
      });
      this.cause.append(row);
      this.cause.hidden = false;
    }

    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !this.opened || typing(event.target)) return;
      if (document.querySelector("dialog[open]")) return;
      const key = event.key, led = event.timeStamp - this.going < 1500;
      this.going = key === "g" ? event.timeStamp : -Infinity;
      if (key === "g" || led) return;  // the letters of pages
      if (this.press(key, event)) { event.preventDefault(); event.stopPropagation(); }
    }

    press(key, event) {
      const now = performance.now();
      if (this.mine >= 0 && this.hands.key(event)) return true;
      if (event.repeat && key !== "j" && key !== "k") return "thbc".includes(key);
      this.touched = now;
      if (/^[1-9]$/.test(key)) {
        if (this.naming) { const word = this.opened.causes[key - 1]; if (word) this.name(word); return true; }
        this.take((now - this.sorted < GRACE ? this.before : this.order)[key - 1]);
      } else if (key === "t") {
        const chosen = document.activeElement && document.activeElement.closest(".w-tile");
        this.take(chosen ? +chosen.dataset.robot : this.order.find(robot => this.seen.holder[robot] < 0));
      } else if (key === "h") this.order_("back");  // also before the wall shows that it is ours
      else if (key === "b") this.order_("rewind");
      else if (key === "c") { if (this.last >= 0) { this.ask(this.last); this.naming = true; } }
      else if (key === "Escape" && this.naming) { this.naming = false; this.cause.hidden = true; }
      else if (key === "j" || key === "k") {
        const at = this.order.indexOf(+(document.activeElement.closest(".w-tile") || {dataset: {}}).dataset.robot);
        const next = this.tiles[this.order[at < 0 ? 0 : Math.max(0, Math.min(this.order.length - 1, at + (key === "j" ? 1 : -1)))]];
        if (next) next.box.focus();
      } else return false;
      return true;
    }

    // --- what is seen ------------------------------------------------------------------------------------------
    open(opened) {
      this.opened = opened;
      this.scene = new window.VolantScene(opened);
      this.scene.colours(this);
      this.state.hidden = true;
      this.state.classList.remove("bad");
      this.tiles = Array.from({length: opened.robots}, (_, robot) => this.tile(robot));
      this.order = this.tiles.map((_, robot) => robot);
      this.wall.replaceChildren(...this.tiles.map(tile => tile.box));
      this.panel();
    }

    tile(robot) {
      const box = make("button", "w-tile"), top = make("span", "w-top"), light = make("i", "w-light"), name = make("b", "", `${robot}`);
      const digit = make("kbd", "w-digit"), risk = make("span", "w-risk"), canvas = make("canvas", "w-scene"), bar = make("span", "w-bar"), fill = make("i", "");
      const word = make("span", "w-word");
      canvas.setAttribute("aria-hidden", "true");
      bar.append(fill); top.append(light, name, digit); box.append(top, word, bar, risk, canvas);
      box.dataset.robot = robot;
      box.onclick = () => this.take(robot);
      return {box, light, digit, risk, canvas, fill, word, tone: ""};
    }

    show(seen) {
      const start = performance.now();
      this.seen = seen;
      if (!this.opened) return;
      if (this.live.readyState === 1 && !this.state.classList.contains("bad")) this.state.hidden = true;
      this.me = (seen.people.find(one => one[1] === this.opened.me) || [-1])[0];
      const held = this.me < 0 ? -1 : seen.holder.indexOf(this.me);
      if (held !== this.mine) this.changed(held);
      this.sort(start);
      const things = 4 * this.opened.things.length;
      this.scene.fit(seen.xy);
      for (let robot = 0; robot < this.tiles.length; robot++) this.paint(robot, seen);
      for (const robot of this.order) if (this.tiles[robot].near !== false) this.scene.draw(this.tiles[robot].canvas, seen.xy, robot * things);
      if (this.mine >= 0) this.held(seen, things);
      this.count(seen);
      if (limits.measure) this.cost(start, seen.at);
    }

    cost(start, at) {  // until the browser has painted
      requestAnimationFrame(() => { const channel = new MessageChannel();
        channel.port1.onmessage = () => { performance.mark("volant-wall"); this.costs.push([performance.now() - start, Date.now() - at]); };
        channel.port2.postMessage(0); });
    }

    paint(robot, seen) {
      const tile = this.tiles[robot], mode = seen.mode[robot], known = seen.risk[robot] >= 0;
      const level = (known ? seen.risk[robot] : Math.min(1000, seen.need[robot])) / 1000;
      const whose = seen.holder[robot], mine = whose >= 0 && whose === this.me;
      const tone = whose >= 0 ? (mine ? "mine" : "hand") : mode === WAITING ? "wait" : mode === REST ? "rest" : seen.good[robot] ? "good" : level >= 0.5 ? "risky" : "work";
      if (tone !== tile.tone) { tile.box.className = `w-tile ${tone}`; tile.tone = tone; }
      set(tile.risk, `${Math.round(level * 100)}%`);
      const wide = `scaleX(${level})`;
      if (tile.fill.style.transform !== wide) tile.fill.style.transform = wide;
      const seconds = Math.max(0, Math.round((whose >= 0 ? seen.held[robot] : seen.waits[robot]) / 10));
      const word = whose >= 0 ? say(mine ? "mine" : "hand", {name: (seen.people[whose] || [])[1], s: seconds})
        : mode === WAITING ? say("wait", {s: seconds}) : mode === REST ? say("rest") : seen.good[robot] ? say("done") : say("work");
      if (word !== tile.said) {
        tile.said = word; set(tile.word, word);
      }
      const label = `${say("robot", {n: robot})}, ${word.replace(/[,，]?\s*\d+\s*(s|秒)[,，]?/, " ").trim()}, ${say(known ? "risk" : "need")} ${Math.round(level * 10) * 10}%`;
      if (label !== tile.label) { tile.label = label; tile.box.setAttribute("aria-label", label); tile.box.title = say(known ? "risk.title" : "need.title"); }
    }

    sort(now) {  // never under the hand: not while somebody points, walks by keys, or has just pressed one
      const walking = this.wall.contains(document.activeElement) && document.activeElement.matches(":focus-visible");
      if (this.sorted && (now - this.sorted < RESORT || now - this.touched < CALM || walking)) return;
      const {seen} = this, place = new Map(this.order.map((robot, i) => [robot, i]));
      const rank = robot => [seen.holder[robot] >= 0 && seen.holder[robot] === this.me ? 0 : 1, seen.mode[robot] === WAITING ? 0 : 1, -Math.max(0, seen.waits[robot]),
        seen.mode[robot] === REST ? 1 : 0, -Math.round((seen.risk[robot] >= 0 ? seen.risk[robot] : Math.min(1000, seen.need[robot])) / 100), place.get(robot)];
      const ranks = this.order.map(robot => [rank(robot), robot]).sort(([a], [b]) => { for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] - b[i]; return 0; });
      const order = ranks.map(([, robot]) => robot);
      if (!this.sorted || order.some((robot, i) => robot !== this.order[i])) {
        this.before = this.order; this.order = order; this.sorted = now;
        order.forEach((robot, i) => { const tile = this.tiles[robot]; set(tile.digit, i < 9 ? String(i + 1) : ""); });
        const chosen = document.activeElement;
        order.forEach(robot => this.wall.append(this.tiles[robot].box));  // what is read follows what is seen
        if (chosen && this.wall.contains(chosen)) chosen.focus({preventScroll: true});
      }
      this.sorted = this.sorted || now;
    }

    changed(held) {
      const old = this.mine;
      this.mine = held; this.trail = [];
      this.hand.hidden = held < 0;
      document.body.classList.toggle("w-holding", held >= 0);
      if (held >= 0) {
        this.hands.begin(); this.last = held; this.cause.hidden = true; this.naming = false;
        set(this.heading, say("in.hand", {n: held}));
        this.grip.setAttribute("aria-pressed", "false");
      } else if (old >= 0) {
        this.ask(old);
        if (!this.seen.mode[old] || this.seen.mode[old] === WAITING) this.answer(say("gone", {n: old}));
      }
    }

    panel() {
      const act = (key, word, what) => { const button = make("button", "v-button"); button.append(make("kbd", "", key), document.createTextNode(say(word))); button.onclick = what; return button; };
      const side = make("div", "w-side"), buttons = make("div", "v-row"), sticks = make("div", "w-sticks"), keys = make("p", "how w-keys");
      this.heading = make("h2", "", ""); this.big = make("canvas", "w-big"); this.lock = make("p", "how", "");
      this.big.setAttribute("aria-hidden", "true");
      buttons.append(act("h", "give", () => this.order_("back")), act("b", "rewind", () => this.order_("rewind")), act("c", "why.short", () => { this.ask(this.mine); this.naming = true; }));
      const stick = (name, label) => { const pad = make("div", "w-stick"); pad.append(make("i", "")); pad.setAttribute("role", "img"); pad.setAttribute("aria-label", say(label)); this.hands.stick(pad, name); return pad; };
      this.grip = make("button", "w-grip", say("grip"));
      this.grip.setAttribute("aria-pressed", "false");
      this.grip.onclick = () => { this.hands.grip = !this.hands.grip; };
      sticks.append(stick("plane", "stick"));
      const axes = this.opened.axes;
      if (axes.includes("grip")) sticks.append(this.grip);
      if (axes.includes("z")) sticks.append(stick("lift", "lift"));
      const told = [["W A S D", "keys.move"], ...(axes.includes("z") ? [["Q E", "keys.lift"]] : []), ...(axes.includes("grip") ? [["space", "keys.grip"]] : []), ["Shift", "keys.slow"]];
      told.forEach(([key, word]) => keys.append(make("kbd", "", key), document.createTextNode(` ${say(word)}  `)));
      keys.append(document.createTextNode(say("keys.pad")));
      side.append(this.heading, this.lock, buttons, keys, sticks);
      this.hand.replaceChildren(this.big, side);
      this.hand.setAttribute("aria-label", say("take"));
    }

    held(seen, things) {
      const from = this.mine * things;
      this.trail.push([seen.xy[from], seen.xy[from + 1], seen.xy[from + 2]]);
      if (this.trail.length > 60) this.trail.shift();
      this.scene.draw(this.big, seen.xy, from, {trail: this.trail, push: this.pushed});
      const known = seen.risk[this.mine] >= 0, level = known ? seen.risk[this.mine] : Math.min(1000, seen.need[this.mine]);
      set(this.lock, say("held", {s: Math.round(seen.held[this.mine] / 10), step: seen.step[this.mine], what: say(known ? "risk" : "need"), risk: Math.round(level / 10), lease: this.opened.lease}));
      const grip = String(this.hands.grip);
      if (this.grip.getAttribute("aria-pressed") !== grip) this.grip.setAttribute("aria-pressed", grip);
    }

    count(seen) {
      if (!this.told || seen.t % Math.round(this.opened.hz)) return;
      this.tell();
    }

    tell() {
      if (!this.told || !this.seen) return;
      const of = name => this.told.figures.find(one => one.name === name), short = (value, digits = 2) => value === undefined || value === null ? "–" : Number(value).toFixed(digits);
      const share = value => value === undefined ? "–" : `${Math.round(value * 100)} %`, seen = this.seen;
      const queue = of("queue"), formula = of("queue by the formula"), calls = of("calls"), free = of("availability"), says = of("availability by the formula"), most = of("robots for 90 %");
      const rows = [
        [say("busy"), share(this.told.own[this.me]), say("busy.how")],
        [say("queue"), String(seen.mode.filter(mode => mode === WAITING).length), queue ? say(formula ? "queue.how" : "queue.how.short", {mean: short(queue.value), n: queue.n, formula: formula && short(formula.value)}) : ""],
        [say("availability"), share(free && free.value), free ? say(says ? "availability.how" : "availability.how.short", {n: free.n, formula: says && share(says.value)}) : ""],
        [say("calls"), calls && calls.n ? short(calls.value, 1) : "–", calls ? say("calls.how", {n: calls.n, low: short(calls.low, 1), high: short(calls.high, 1)}) : ""],
        [say("crew"), String(seen.people.filter(one => one[2]).length), most ? say("crew.how", {n: Math.round(most.value)}) : say("crew.how.none")],
      ];
      if (this.figures.children.length !== rows.length) this.figures.replaceChildren(...rows.map(() => { const box = make("div", ""); box.append(make("dt", ""), make("dd", ""), make("dd", "how")); return box; }));
      rows.forEach((row, i) => row.forEach((text, j) => set(this.figures.children[i].children[j], text)));
      const half = of("tick p50"), auc = this.opened.foresight.find(one => one.name === "auc");
      const foot = [`${this.opened.world}/${this.opened.task}`, say("home", {n: seen.counts.lake}), half ? say("tick", {hz: this.opened.hz, ms: short(half.value, 1)}) : "",
        auc && auc.low !== null ? say("foresight", {auc: short(auc.value), low: short(auc.low), high: short(auc.high), n: auc.n}) : ""];
      set(this.foot, foot.filter(Boolean).join(" · "));
    }
  }
  customElements.define("volant-wall", Wall);
})();
