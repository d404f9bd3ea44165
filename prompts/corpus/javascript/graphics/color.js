// Colours: parsing, conversion, contrast.

function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}

class Color {
  constructor(red, green, blue) {
    this.red = clamp(Math.round(red), 0, 255);
    this.green = clamp(Math.round(green), 0, 255);
    this.blue = clamp(Math.round(blue), 0, 255);
  }

  /** "#abc", "#aabbcc" or "rgb(1, 2, 3)" */
  static parse(text) {
    const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text);
    if (hex) {
      const digits = hex[1].length === 3 ? [...hex[1]].map((d) => d + d).join('') : hex[1];
      const number = parseInt(digits, 16);
      return new Color(number >> 16, (number >> 8) & 255, number & 255);
    }
    const rgb = /^rgb\(\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*\)$/.exec(text);
    if (rgb) return new Color(Number(rgb[1]), Number(rgb[2]), Number(rgb[3]));
    throw new Error(`not a colour: ${text}`);
  }

  static fromHsl(hue, saturation, lightness) {
    const chroma = (1 - Math.abs(2 * lightness - 1)) * saturation;
    const sector = (((hue % 360) + 360) % 360) / 60;
    const second = chroma * (1 - Math.abs((sector % 2) - 1));
    const base = lightness - chroma / 2;
    const [r, g, b] = [
      [chroma, second, 0], [second, chroma, 0], [0, chroma, second],
      [0, second, chroma], [second, 0, chroma], [chroma, 0, second],
    ][Math.floor(sector)];
    return new Color((r + base) * 255, (g + base) * 255, (b + base) * 255);
  }

  /** Relative luminance as WCAG defines it, 0 to 1. */
  get luminance() {
    const linear = [this.red, this.green, this.blue].map((value) => {
      const share = value / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  }

  contrast(other) {
    const [dark, light] = [this.luminance, other.luminance].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  }

  mix(other, share) {
    const between = (a, b) => a + (b - a) * share;
    return new Color(between(this.red, other.red), between(this.green, other.green), between(this.blue, other.blue));
  }

  toString() {
    const number = (this.red << 16) | (this.green << 8) | this.blue;
    return `#${number.toString(16).padStart(6, '0')}`;
  }
}

module.exports = { Color };
