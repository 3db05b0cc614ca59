/** A text that is drawn over again in place on a terminal; elsewhere only its last state is printed. */

export type TextSink = {
  readonly isTTY?: boolean
  readonly rows?: number
  readonly columns?: number
  write(text: string): unknown
}

export class LiveText {
  readonly #sink: TextSink
  #lines = 0
  #last = ''

  constructor(sink: TextSink) {
    this.#sink = sink
  }

  show(text: string): void {
    if (text === this.#last) return
    this.#last = text
    if (this.#sink.isTTY !== true) return
    const height = Math.max(5, (this.#sink.rows ?? 40) - 1)
    const lines = text.trimEnd().split('\n').slice(0, height)
    // Up to where the text began, then everything below it is cleared.
    this.#sink.write(`${this.#lines === 0 ? '' : `\u001B[${this.#lines}A`}\r\u001B[0J${lines.join('\n')}\n`)
    this.#lines = lines.length
  }

  /** Nothing is drawn over any more. */
  done(): void {
    if (this.#sink.isTTY !== true && this.#last !== '') this.#sink.write(this.#last)
    this.#lines = 0
    this.#last = ''
  }
}
