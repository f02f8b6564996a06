// Draws one robot's scene on a canvas: things on a table seen from the front, in the world's own numbers.
(() => {
  const T = [[-60, 0, 120, 30], [-15, 30, 30, 90]];  // PushT's block: a bar and a stem, px of its table
  const LEAN = 0.45;  // how much of a height is drawn upwards

  class Scene {
    constructor(opened) {
      Object.assign(this, {things: opened.things, low: opened.low, high: opened.high, world: opened.world});
      this.span = this.high.map((high, axis) => high - this.low[axis]);
      this.flat = opened.axes.indexOf("z") < 0;
    }

    fit(xy) {  // what is shown grows with where things have been, and never shrinks
      const box = this.view || (this.view = [400, 600, 400, 600]);
      for (let i = 0; i < xy.length; i += 4) {
        if (xy[i] <= -1e5) continue;
        box[0] = Math.max(0, Math.min(box[0], xy[i] - 60)); box[1] = Math.min(1000, Math.max(box[1], xy[i] + 60));
        box[2] = Math.max(0, Math.min(box[2], xy[i + 1] - 60)); box[3] = Math.min(1000, Math.max(box[3], xy[i + 1] + 60));
      }
    }

    colours(element) {
      const style = getComputedStyle(element), of = name => style.getPropertyValue(name).trim();
      this.ink = of("--ink"); this.soft = of("--line"); this.goal = of("--good"); this.tool = of("--accent");
      this.thing = of("--l1"); this.other = of("--l2"); this.table = of("--empty");
    }

    draw(canvas, xy, from, {trail = null, push = null} = {}) {
      const ratio = Math.min(2, window.devicePixelRatio || 1), wide = canvas.clientWidth, tall = canvas.clientHeight;
      if (!wide || !tall) return;
      if (canvas.width !== Math.round(wide * ratio)) { canvas.width = Math.round(wide * ratio); canvas.height = Math.round(tall * ratio); }
      const [x0, x1, y0, y1] = this.view || [0, 1000, 0, 1000], pen = canvas.getContext("2d"), [fx, fy, sz] = this.span;
      const sx = fx * (x1 - x0) / 1000, sy = fy * (y1 - y0) / 1000;
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      pen.clearRect(0, 0, wide, tall);
      if (!this.things.length) return;
      const room = sy + (this.flat ? 0 : LEAN * sz * 0.4), unit = Math.min((wide - 8) / sx, (tall - 8) / room);
      const left = (wide - unit * sx) / 2, floor = (tall + unit * room) / 2;
      pen.fillStyle = this.table;
      pen.beginPath(); pen.roundRect(left, floor - unit * sy, unit * sx, unit * sy, 4); pen.fill();
      const at = (x, y) => [left + ((x - x0) / 1000) * fx * unit, floor - ((y - y0) / 1000) * fy * unit];
      const up = z => this.flat ? 0 : Math.max(0, this.low[2] + (z / 1000) * sz) * LEAN * unit;
      const size = Math.max(3.2, Math.min(wide, tall) / 17);
      if (this.world === "pusht") this.tee(pen, at(500, 500), Math.PI / 4, unit, this.goal, false);
      if (trail) {
        pen.strokeStyle = this.tool; pen.globalAlpha = 0.35; pen.lineWidth = 2; pen.beginPath();
        trail.forEach(([x, y, z], i) => { const [px, py] = at(x, y); pen[i ? "lineTo" : "moveTo"](px, py - up(z)); });
        pen.stroke(); pen.globalAlpha = 1;
      }
      for (let thing = this.things.length - 1; thing >= 0; thing--) {
        const i = from + 4 * thing;
        if (xy[i] <= -1e5) continue;
        const [px, py] = at(xy[i], xy[i + 1]), high = up(xy[i + 2]), name = this.things[thing];
        if (name.startsWith("goal")) this.mark(pen, px, py - high, size);
        else if (thing === 0) this.hand(pen, px, py, high, size);
        else if (this.world === "pusht") this.tee(pen, [px, py], xy[i + 3] / 100, unit, this.thing, true);
        else this.box(pen, px, py, high, size, thing === 1 ? this.thing : this.other);
        if (thing === 0 && push) {
          pen.strokeStyle = this.ink; pen.lineWidth = 2; pen.beginPath(); pen.moveTo(px, py - high);
          pen.lineTo(px + push[0] * 34, py - high - push[1] * 34 - push[2] * 22); pen.stroke();
        }
      }
    }

    tee(pen, [px, py], turn, unit, colour, full) {
      pen.save(); pen.translate(px, py); pen.scale(unit, -unit); pen.rotate(turn);
      pen.beginPath();
      for (const [x, y, w, h] of T) pen.rect(x, y, w, h);
      if (full) { pen.fillStyle = colour; pen.fill(); }
      else { pen.globalAlpha = 0.35; pen.fillStyle = colour; pen.fill(); }
      pen.restore();
    }

    mark(pen, x, y, size) {
      pen.strokeStyle = this.goal; pen.lineWidth = 2;
      pen.beginPath(); pen.arc(x, y, size, 0, 7); pen.stroke();
      pen.beginPath(); pen.arc(x, y, 1.5, 0, 7); pen.stroke();
    }

    box(pen, x, y, high, size, colour) {
      if (high > 2) this.shadow(pen, x, y, size);
      pen.fillStyle = colour; pen.beginPath(); pen.roundRect(x - size * 0.8, y - high - size * 0.8, size * 1.6, size * 1.6, 2); pen.fill();
    }

    hand(pen, x, y, high, size) {
      if (high > 2) {
        this.shadow(pen, x, y, size * 0.8);
        pen.strokeStyle = this.tool; pen.globalAlpha = 0.4; pen.lineWidth = 1.5;
        pen.beginPath(); pen.moveTo(x, y); pen.lineTo(x, y - high); pen.stroke(); pen.globalAlpha = 1;
      }
      pen.fillStyle = this.tool; pen.beginPath(); pen.arc(x, y - high, size * 0.75, 0, 7); pen.fill();
      pen.strokeStyle = this.ink; pen.lineWidth = 1; pen.stroke();
    }

    shadow(pen, x, y, size) {
      pen.fillStyle = this.ink; pen.globalAlpha = 0.16;
      pen.beginPath(); pen.ellipse(x, y, size, size * 0.45, 0, 0, 7); pen.fill(); pen.globalAlpha = 1;
    }
  }
  window.VolantScene = Scene;
})();
