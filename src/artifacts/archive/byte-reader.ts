/** Reads a stream in pieces of chosen sizes, without holding more than a chunk of it. */
import type { ByteStream } from '../port.ts'

export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>
  #rest: Uint8Array = new Uint8Array(0)
  #ended = false

  constructor(source: ByteStream) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** Exactly so many bytes, or fewer where the stream ends. */
  async read(sizeBytes: number): Promise<Buffer> {
    const parts: Uint8Array[] = []
    let missing = sizeBytes
    while (missing > 0) {
      const part = await this.some(missing)
      if (part === null) break
      parts.push(part)
      missing -= part.length
    }
    return Buffer.concat(parts)
  }

  /** Some bytes, at most so many; `null` at the end. */
  async some(sizeBytesMax: number): Promise<Uint8Array | null> {
    while (this.#rest.length === 0) {
      if (this.#ended) return null
      const next = await this.#source.next()
      if (next.done) {
        this.#ended = true
        return null
      }
      this.#rest = next.value
    }
    const part = this.#rest.subarray(0, sizeBytesMax)
    this.#rest = this.#rest.subarray(part.length)
    return part
  }

  /** Skips so many bytes; returns how many there were. */
  async skip(sizeBytes: number): Promise<number> {
    let skipped = 0
    while (skipped < sizeBytes) {
      const part = await this.some(sizeBytes - skipped)
      if (part === null) break
      skipped += part.length
    }
    return skipped
  }

  /** Lets go of the source. */
  async cancel(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    await this.#source.return?.()
  }
}

/** The first bytes (fewer where the stream is shorter), and a stream that still has them. */
export async function peek(source: ByteStream, sizeBytes: number): Promise<{ head: Buffer; whole: ByteStream }> {
  const reader = new ByteReader(source)
  const head = await reader.read(sizeBytes)
  return { head, whole: rejoin(head, reader) }
}

async function* rejoin(head: Buffer, reader: ByteReader): AsyncGenerator<Uint8Array> {
  try {
    if (head.length > 0) yield head
    for (let part = await reader.some(Infinity); part !== null; part = await reader.some(Infinity)) yield part
  } finally {
    await reader.cancel()
  }
}
