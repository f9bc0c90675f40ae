// From one sampling rate to another, piece by piece: a windowed sinc, as steep as a telephone's filter.

const ZEROS = 20; // zero crossings of the sinc on each side
const GRAIN = 256; // places of its table between two samples
const KAISER = 8; // about 80 dB of what does not belong
const PASS = 0.92; // of the band: the rest is for the slope

function bessel(x) {
  let sum = 1;
  for (let term = 1, n = 1; term > 1e-9 * sum; n += 1) {
    term *= (x / 2 / n) ** 2;
    sum += term;
  }
  return sum;
}

export class Resampler {
  constructor(from, to) {
    this.step = from / to;
    const band = PASS * Math.min(1, to / from);
    this.reach = Math.ceil(ZEROS / band);
    this.table = new Float32Array(this.reach * GRAIN + 2);
    for (let i = 0; i < this.reach * GRAIN; i += 1) {
      const t = i / GRAIN;
      const sinc = i ? Math.sin(Math.PI * band * t) / (Math.PI * t) : band;
      this.table[i] = (sinc * bessel(KAISER * Math.sqrt(1 - (t / this.reach) ** 2))) / bessel(KAISER);
    }
    this.waiting = new Float32Array(this.reach);
    this.position = this.reach;
  }

  // Takes samples at the one rate and returns those at the other that can be told by now.
  take(samples) {
    const sound = new Float32Array(this.waiting.length + samples.length);
    sound.set(this.waiting);
    sound.set(samples, this.waiting.length);
    const made = [];
    for (; this.position + this.reach < sound.length; this.position += this.step) made.push(this.at(sound));
    const used = Math.max(Math.floor(this.position) - this.reach, 0);
    this.waiting = sound.slice(used);
    this.position -= used;
    return Float32Array.from(made);
  }

  at(sound) {
    let sum = 0;
    const last = Math.floor(this.position + this.reach);
    for (let n = Math.max(Math.ceil(this.position - this.reach), 0); n <= last; n += 1) {
      const place = Math.abs(this.position - n) * GRAIN;
      const whole = Math.floor(place);
      const part = place - whole;
      sum += sound[n] * (this.table[whole] * (1 - part) + this.table[whole + 1] * part);
    }
    return sum;
  }
}
