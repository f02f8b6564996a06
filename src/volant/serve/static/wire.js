// A client of Volant's wire, version 1 (spec/wire.md), for any browser: samples, pictures and events, kept until they are durable.
"use strict";
const CRC = Uint32Array.from({length: 256}, (_, n) => { for (let k = 0; k < 8; k++) n = n & 1 ? (n >>> 1) ^ 0x82f63b78 : n >>> 1; return n; });
const crc32c = parts => {
  let c = 0xffffffff;
  for (const part of parts) for (const byte of part) c = CRC[(c ^ byte) & 255] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
};
const nanoseconds = ms => BigInt(Math.round(ms * 1000)) * 1000n;

class VolantWire {
  constructor(url, {session, name = "", token = "", onstate = () => {}, onstored = () => {}, onrefused = () => {}} = {}) {
    Object.assign(this, {url, name, token, onstate, onstored, onrefused, state: {}, pings: [], closed: false, wait: 500});
    Object.assign(this, {seq: 0n, sent: 0n, kept: [], window: 0, streams: 0, crcs: null});  // kept: frames that are not durable yet
    this.session = session || [...crypto.getRandomValues(new Uint8Array(12))].map(b => b.toString(16).padStart(2, "0")).join("");
  }
  static pack(kind, stream, seq, t, count, flags, payload) {
    const frame = new Uint8Array(32 + payload.length), view = new DataView(frame.buffer);
    view.setUint8(0, 1); view.setUint8(1, kind); view.setUint16(2, stream, true);
    view.setBigUint64(8, BigInt(seq), true); view.setBigInt64(16, BigInt(t), true);
    view.setUint32(24, count, true); view.setUint32(28, flags, true);
    frame.set(payload, 32);
    view.setUint32(4, crc32c([frame.subarray(0, 4), frame.subarray(8)]), true);
    return frame;
  }
  static async seal(crcs) {
    const bytes = new Uint8Array(crcs.length * 4), view = new DataView(bytes.buffer);
    crcs.forEach((crc, i) => view.setUint32(i * 4, crc, true));
    return [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].map(b => b.toString(16).padStart(2, "0")).join("");
  }
  static offset(exchanges) {  // [t0, t1, t2, t3] each; the shortest way is believed
    const best = exchanges.map(([a, b, c, d]) => ({rtt: d - a - (c - b), ns: ((b - a) + (c - d)) / 2})).sort((x, y) => x.rtt - y.rtt)[0];
    return {offset: Math.round(best.ns), rtt: Math.round(best.rtt), n: exchanges.length};
  }
  now() { return nanoseconds(performance.timeOrigin + performance.now()); }
  open() {
    if (this.closed) return;
    const line = this.line = new WebSocket(this.url);
    line.binaryType = "arraybuffer";
    line.onopen = () => line.send(`{"type":"hello","wire":1,"session":"${this.session}","time":${this.now()},"name":${JSON.stringify(this.name)}`
      + (this.token ? `,"token":${JSON.stringify(this.token)}}` : "}"));
    line.onmessage = event => this.heard(JSON.parse(event.data));
    line.onclose = event => {
      this.ready = false;
      if (this.closed || [4400, 4401, 4403, 4409].includes(event.code)) return;  // wrong, who, may not, taken over: no use
      setTimeout(() => this.open(), this.wait);
      this.wait = Math.min(15000, this.wait * 2);
    };
  }
  heard(said) {
    if (said.type === "welcome") {
      Object.assign(this, {ready: true, window: said.window, wait: 500});
      this.durable(this.sent = BigInt(said.next) - 1n);
      this.pump(); this.ping();
    } else if (said.type === "state") {
      Object.assign(this.state, said);
      if (said.durable !== undefined) this.durable(BigInt(said.durable));
      if (said.window !== undefined) this.window = said.window;
      this.pump(); this.onstate(this.state);
    } else if (said.type === "resend") { this.sent = BigInt(said.from) - 1n; this.pump(); }
    else if (said.type === "pong") this.ponged(said);
    else if (said.type === "stored") { this.onstored(said); this.text({type: "kept", episode: said.episode}); }
    else if (said.type === "refused") this.onrefused(said);
  }
  durable(seq) { while (this.kept.length && this.kept[0].seq <= seq) this.kept.shift(); }
  pump() {  // never more under way than the window
    let under = this.kept.reduce((sum, one) => one.seq <= this.sent ? sum + one.frame.length : sum, 0);
    for (const one of this.kept) {
      if (!this.ready || this.line.readyState !== 1 || one.seq <= this.sent) continue;
      if (under && under + one.frame.length > this.window) break;
      this.line.send(one.frame);
      this.sent = one.seq; under += one.frame.length;
    }
  }
  put(kind, stream, t, count, flags, payload) {
    const frame = VolantWire.pack(kind, stream, ++this.seq, t, count, flags, payload);
    if (this.crcs) this.crcs.push(new DataView(frame.buffer).getUint32(4, true));
    this.kept.push({seq: this.seq, frame}); this.pump();
  }
  text(said) { if (this.ready && this.line.readyState === 1) this.line.send(JSON.stringify(said)); }
  event(said, t = this.now()) { this.put(1, 0, t, 1, 0, new TextEncoder().encode(JSON.stringify(said))); }
  declare(signal, codec = "") { this.event({event: "stream", number: ++this.streams, signal, codec}); return this.streams; }
  samples(stream, times, values) {  // times: BigInt ns; values: a typed array of all samples, one after the other
    const head = new Uint8Array(BigInt64Array.from(times).buffer), body = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const payload = new Uint8Array(head.length + body.length);
    payload.set(head); payload.set(body, head.length); this.put(2, stream, times[0], times.length, 0, payload);
  }
  picture(stream, t, bytes, key = true) { this.put(3, stream, t, 1, key ? 1 : 0, bytes); }
  begin(episode, more = {}) { this.crcs = []; this.event({event: "begin", episode, ...more}); }
  async end(episode, outcome = "", cause = "") {
    const crcs = this.crcs; this.crcs = null; this.event({event: "end", episode, outcome, cause, seal: await VolantWire.seal(crcs)});
  }
  ping() { this.pings = []; this.text({type: "ping", t0: Number(this.now())}); }
  ponged({t0, t1, t2}) {
    this.pings.push([t0, t1, t2, Number(this.now())]);
    if (this.pings.length < 5) this.text({type: "ping", t0: Number(this.now())});
    else this.event({event: "clock", ...VolantWire.offset(this.pings)});
  }
  close() { this.closed = true; if (this.line) this.line.close(); }
}
if (typeof window !== "undefined") Object.assign(window, {VolantWire, crc32c});
