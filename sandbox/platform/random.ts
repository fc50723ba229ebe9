/** Seeded randomness: the same seed and the same calls give the same tokens, so that a failure can be replayed. */
export interface Random {
  /** A float in [0, 1). */
  next(): number;
  /** An integer in [0, 2^32). */
  uint32(): number;
  /** `length` hexadecimal digits, a multiple of eight. */
  hex(length: number): string;
  /** A version 4 UUID. */
  uuid(): string;
}

/** sfc32 by Chris Doty-Humphrey (public domain), seeded with one integer and warmed up. */
export function createRandom(seed: number): Random {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = seed >>> 0;
  let d = 1;
  const uint32 = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    c |= 0;
    return t >>> 0;
  };
  for (let i = 0; i < 15; i++) uint32();
  const word = (): string => uint32().toString(16).padStart(8, "0");
  return {
    uint32,
    next: () => uint32() / 0x1_0000_0000,
    hex: (length) => {
      let out = "";
      while (out.length < length) out += word();
      return out;
    },
    uuid: () => {
      const x = word() + word() + word() + word();
      return `${x.slice(0, 8)}-${x.slice(8, 12)}-4${x.slice(13, 16)}-a${x.slice(17, 20)}-${x.slice(20)}`;
    },
  };
}
