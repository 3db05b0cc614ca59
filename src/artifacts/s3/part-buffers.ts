/** Memory for the parts of uploads: one budget for all of them, so that many uploads at once take no more than a few. */

const mebibyte = 1024 * 1024
/** No part but the last may be smaller. */
const smallPartBytes = 5 * mebibyte
const middlePartBytes = 16 * mebibyte
const largePartBytes = 48 * mebibyte

/** Free buffers kept for the next part; more go back to the system. */
const keptMax = 4

/**
 * S3 takes 10,000 parts, and nobody knows how long a stream will be: parts grow as it goes on. 10 GiB in small
 * ones, 290 GiB in all.
 * @param number from 1
 */
export function partBytesOf(number: number): number {
  if (number <= 2000) return smallPartBytes
  return number <= 5000 ? middlePartBytes : largePartBytes
}

type Waiting = { readonly sizeBytes: number; readonly take: (buffer: Buffer) => void }

/** Whoever holds a buffer fills it and sends it off without asking for another in between: nobody waits for ever. */
export class PartBuffers {
  #leftBytes: number
  readonly #free: Buffer[] = []
  readonly #waiting: Waiting[] = []

  /** @param budgetBytes at least one of the largest parts */
  constructor(budgetBytes = largePartBytes) {
    this.#leftBytes = Math.max(budgetBytes, largePartBytes)
  }

  /** First come, first served; rejects with the signal's reason. */
  async take(sizeBytes: number, signal: AbortSignal): Promise<Buffer> {
    signal.throwIfAborted()
    if (this.#waiting.length === 0 && this.#leftBytes >= sizeBytes) return this.#give(sizeBytes)
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
        reject(signal.reason as Error)
        this.#serve()
      }
      const take = (buffer: Buffer) => {
        signal.removeEventListener('abort', stop)
        resolve(buffer)
      }
      const waiting = { sizeBytes, take }
      this.#waiting.push(waiting)
      signal.addEventListener('abort', stop, { once: true })
    })
  }

  /** @param clean nothing reads from the buffer any more: it may be filled again */
  giveBack(buffer: Buffer, clean: boolean): void {
    this.#leftBytes += buffer.length
    if (clean && buffer.length === smallPartBytes && this.#free.length < keptMax) this.#free.push(buffer)
    this.#serve()
  }

  #serve(): void {
    for (let next = this.#waiting[0]; next && next.sizeBytes <= this.#leftBytes; next = this.#waiting[0]) {
      this.#waiting.shift()
      next.take(this.#give(next.sizeBytes))
    }
  }

  #give(sizeBytes: number): Buffer {
    this.#leftBytes -= sizeBytes
    const known = sizeBytes === smallPartBytes ? this.#free.pop() : undefined
    return known ?? Buffer.allocUnsafeSlow(sizeBytes)
  }
}
