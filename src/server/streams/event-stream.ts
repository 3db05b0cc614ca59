/** One streamed answer: server-sent events for who asks for exactly that, else a JSON object a line. */
import type { Request, Response } from 'express'

/** Milliseconds between signs of life on a quiet stream. */
const keepAliveMs = 15_000

/** The streams that are open, so that the server can end them when it closes. */
export class OpenStreams {
  readonly #open = new Set<EventStream>()

  begin(request: Request, response: Response): EventStream {
    const stream: EventStream = new EventStream(request, response, () => this.#open.delete(stream))
    this.#open.add(stream)
    return stream
  }

  get count(): number {
    return this.#open.size
  }

  endAll(): void {
    for (const stream of this.#open) stream.end()
  }
}

export class EventStream {
  readonly #response: Response
  readonly #isSse: boolean
  readonly #isHead: boolean
  readonly #gone = new AbortController()
  readonly #onEnd: () => void
  #keepAlive: NodeJS.Timeout | undefined

  constructor(request: Request, response: Response, onEnd: () => void) {
    this.#response = response
    this.#isHead = request.method === 'HEAD'
    this.#isSse = request.headers.accept === 'text/event-stream'
    this.#onEnd = onEnd
    response.on('close', () => this.#stop())
  }

  /** Aborted when the client has gone or the stream was ended. */
  get signal(): AbortSignal {
    return this.#gone.signal
  }

  get isOpen(): boolean {
    return this.#response.headersSent && !this.isEnded
  }

  get isEnded(): boolean {
    return this.#gone.signal.aborted
  }

  /** Sends the headers at once: browsers call a stream open when they see them. After this no error can be told. */
  open(): void {
    if (this.isEnded || this.#response.headersSent) return
    const type = this.#isSse ? 'text/event-stream' : 'application/json'
    this.#response.status(200).set({ 'Cache-Control': 'no-cache', 'X-Accel-Buffering': 'no' })
    this.#response.setHeader('Content-Type', type)
    this.#response.flushHeaders()
    if (this.#isHead) return this.end()
    this.#response.socket?.setNoDelay(true)
    if (this.#isSse) this.#keepAlive = setInterval(() => this.#response.write(':\n'), keepAliveMs).unref()
  }

  /**
   * argo's CLI takes every line longer than six bytes for data, so nothing but data lines is sent.
   * @param json of the result, in one line
   * @returns whether more may be sent at once; if not, wait for `drained`
   */
  send(json: string): boolean {
    if (this.isEnded) return true
    return this.#response.write(this.#isSse ? `data: {"result":${json}}\n\n` : `{"result":${json}}\n`)
  }

  /** Resolves when the client has taken what was sent, or has gone. */
  async drained(): Promise<void> {
    if (this.isEnded || !this.#response.writableNeedDrain) return
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#response.off('drain', done)
        this.signal.removeEventListener('abort', done)
        resolve()
      }
      this.#response.once('drain', done)
      this.signal.addEventListener('abort', done, { once: true })
    })
  }

  end(): void {
    this.#response.end()
    this.#stop()
  }

  #stop(): void {
    if (this.#gone.signal.aborted) return
    clearInterval(this.#keepAlive)
    this.#gone.abort()
    this.#onEnd()
  }
}
