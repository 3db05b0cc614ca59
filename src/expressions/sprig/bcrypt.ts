// bcrypt: Blowfish with an expensive key setup. Its tables are the digits of pi, which are computed, not written down.

const COST = 10
const ROUNDS = 16

/** Words of the fraction of pi: 18 for the subkeys, 1,024 for the four boxes. */
let piWords: Uint32Array | null = null

function tables(): Uint32Array {
  if (piWords !== null) return piWords
  const count = 18 + 1024
  // Machin: pi = 16·arctan(1/5) − 4·arctan(1/239), with some bits to spare.
  const bits = BigInt(count * 32 + 64)
  const arctan = (x: bigint): bigint => {
    let [sum, term, sign] = [0n, (1n << bits) / x, 1n]
    for (let n = 1n; term !== 0n; n += 2n, sign = -sign) {
      sum += (sign * term) / n
      term /= x * x
    }
    return sum
  }
  const fraction = BigInt.asUintN(Number(bits), 16n * arctan(5n) - 4n * arctan(239n)) & ((1n << bits) - 1n)
  const hex = fraction.toString(16).padStart(Number(bits) / 4, '0')
  piWords = Uint32Array.from({ length: count }, (_, i) => Number.parseInt(hex.slice(i * 8, i * 8 + 8), 16))
  return piWords
}

class Blowfish {
  readonly #p: Uint32Array
  readonly #s: Uint32Array

  constructor() {
    const words = tables()
    this.#p = words.slice(0, 18)
    this.#s = words.slice(18)
  }

  /** Encrypts a pair of words; the result is in `pair`. */
  encrypt(pair: Uint32Array): void {
    const [p, s] = [this.#p, this.#s]
    let left = pair[0] ?? 0
    let right = pair[1] ?? 0
    for (let i = 0; i < ROUNDS; i++) {
      left = (left ^ (p[i] ?? 0)) >>> 0
      const a = s[left >>> 24] ?? 0
      const b = s[256 + ((left >>> 16) & 255)] ?? 0
      const c = s[512 + ((left >>> 8) & 255)] ?? 0
      const d = s[768 + (left & 255)] ?? 0
      right = (right ^ ((((a + b) ^ c) + d) >>> 0)) >>> 0
      const swap = left
      left = right
      right = swap
    }
    pair[0] = (right ^ (p[17] ?? 0)) >>> 0
    pair[1] = (left ^ (p[16] ?? 0)) >>> 0
  }

  /** Mixes a key, and a salt if there is one, into the tables. */
  expand(key: Uint8Array, salt: Uint8Array | null): void {
    let at = 0
    for (let i = 0; i < 18; i++) {
      let word = 0
      for (let k = 0; k < 4; k++) word = (word << 8) | (key[at++ % key.length] ?? 0)
      this.#p[i] = ((this.#p[i] ?? 0) ^ word) >>> 0
    }
    const pair = new Uint32Array(2)
    let saltAt = 0
    const saltWord = (): number => {
      let word = 0
      if (salt !== null) for (let k = 0; k < 4; k++) word = (word << 8) | (salt[saltAt++ % salt.length] ?? 0)
      return word
    }
    for (const table of [this.#p, this.#s]) {
      for (let i = 0; i < table.length; i += 2) {
        pair[0] = ((pair[0] ?? 0) ^ saltWord()) >>> 0
        pair[1] = ((pair[1] ?? 0) ^ saltWord()) >>> 0
        this.encrypt(pair)
        table[i] = pair[0]
        table[i + 1] = pair[1]
      }
    }
  }
}

const alphabet = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const standard = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

function encode(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('base64').replaceAll('=', '')
  return Array.from(text, (char) => alphabet[standard.indexOf(char)] ?? '').join('')
}

/** The hash of a password of at most 72 bytes with a salt of 16, in the form `$2a$10$…`. */
export function bcryptHash(password: Uint8Array, salt: Uint8Array, cost = COST): string {
  const key = Uint8Array.from([...password, 0])
  const cipher = new Blowfish()
  cipher.expand(key, salt)
  for (let i = 0; i < 2 ** cost; i++) {
    cipher.expand(key, null)
    cipher.expand(salt, null)
  }
  const text = Buffer.from('OrpheanBeholderScryDoubt')
  const out = Buffer.alloc(24)
  for (let block = 0; block < 24; block += 8) {
    const pair = Uint32Array.from([text.readUInt32BE(block), text.readUInt32BE(block + 4)])
    for (let i = 0; i < 64; i++) cipher.encrypt(pair)
    out.writeUInt32BE(pair[0] ?? 0, block)
    out.writeUInt32BE(pair[1] ?? 0, block + 4)
  }
  return `$2a$${String(cost).padStart(2, '0')}$${encode(salt)}${encode(out.subarray(0, 23))}`
}
