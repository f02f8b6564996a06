// What a person's hands say: keys, a gamepad and touch sticks become one push (right, forward, up) and a grip.
(() => {
  const KEYS = {a: [0, -1], d: [0, 1], s: [1, -1], w: [1, 1], q: [2, -1], e: [2, 1],
    ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowDown: [1, -1], ArrowUp: [1, 1]};
  const DEAD = 0.15;

  class Hands {
    constructor(act) {
      this.act = act;  // act("back" | "rewind"): buttons of a gamepad
      this.down = new Set(); this.sticks = {plane: [0, 0], lift: [0, 0]};
      this.grip = false; this.slow = false; this.pressed = [];
      window.addEventListener("blur", () => this.down.clear());
      document.addEventListener("keyup", event => {
        this.slow = event.shiftKey;
        this.down.delete(event.key.length === 1 ? event.key.toLowerCase() : event.key);
      });
    }

    begin() { this.down.clear(); this.sticks = {plane: [0, 0], lift: [0, 0]}; this.grip = false; this.slow = false; }

    key(event) {  // whether the key was one of ours
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      this.slow = event.shiftKey;
      if (key === " ") { if (!event.repeat) this.grip = !this.grip; return true; }
      if (!(key in KEYS)) return false;
      this.down.add(key);
      return true;
    }

    push() {
      const made = [0, 0, 0];
      for (const key of this.down) made[KEYS[key][0]] += KEYS[key][1];
      made[0] += this.sticks.plane[0]; made[1] += this.sticks.plane[1]; made[2] += this.sticks.lift[1];
      this.pad(made);
      const by = this.slow ? 0.3 : 1;
      return [...made.map(one => Math.round(Math.max(-1, Math.min(1, one)) * by * 1000) / 1000), this.grip ? 1 : 0];
    }

    pad(made) {
      const pad = navigator.getGamepads && [...navigator.getGamepads()].find(one => one && one.connected);
      if (!pad) return;
      const live = value => Math.abs(value || 0) > DEAD ? value : 0;
      made[0] += live(pad.axes[0]); made[1] -= live(pad.axes[1]); made[2] -= live(pad.axes[3]);
      const now = pad.buttons.map(button => button.pressed), fresh = i => now[i] && !this.pressed[i];
      if (fresh(0)) this.grip = !this.grip;
      if (fresh(1)) this.act("back");
      if (fresh(2)) this.act("rewind");
      this.pressed = now;
    }

    stick(element, name) {  // a round pad: its middle is rest, its rim is full speed
      const knob = element.firstElementChild;
      const set = (x, y) => {
        this.sticks[name] = [x, y];
        knob.style.transform = `translate(${x * 34}px,${-y * 34}px)`;
      };
      const move = event => {
        const box = element.getBoundingClientRect();
        const x = ((event.clientX - box.left) / box.width) * 2 - 1, y = 1 - ((event.clientY - box.top) / box.height) * 2;
        const far = Math.max(1, Math.hypot(x, y));
        set(name === "lift" ? 0 : x / far, y / far);
      };
      element.addEventListener("pointerdown", event => { element.setPointerCapture(event.pointerId); move(event); event.preventDefault(); });
      element.addEventListener("pointermove", event => { if (element.hasPointerCapture(event.pointerId)) move(event); });
      for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) element.addEventListener(end, () => set(0, 0));
    }
  }
  window.VolantHands = Hands;
})();
