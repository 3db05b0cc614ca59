/** A container's kept log: one file of frames, `.part` while it may still grow, `.log` once it is whole. */
import { createReadStream, existsSync, mkdirSync } from 'node:fs'
import { appendFile, rename, truncate } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type LogFrame, encodeFrame, readFrames } from './log-frames.ts'

const flushBytes = 256 * 1024

export class LogFile {
  readonly path: string
  private readonly maxBytes: number
  /** What follows is known from the file. Nothing is kept open: whoever follows may be dropped at any time. */
  private isOpen = false
  private pending: Buffer[] = []
  private pendingBytes = 0
  private sizeBytes = 0
  /** The newest stamp, and where its first frame begins: the pieces of a long line share theirs. */
  private newest = { stamp: '', offset: 0 }

  /** @param path without its ending */
  constructor(path: string, maxBytes: number) {
    this.path = path
    this.maxBytes = maxBytes
  }

  get isWhole(): boolean {
    return existsSync(`${this.path}.log`)
  }

  /** Stamp from which the engine is to be asked on; what the file has of that very stamp is cut off and comes again. */
  async resume(): Promise<string> {
    if (!this.isOpen) {
      mkdirSync(dirname(this.path), { recursive: true })
      if (existsSync(`${this.path}.log`)) await rename(`${this.path}.log`, `${this.path}.part`)
      await appendFile(`${this.path}.part`, '')
      this.sizeBytes = 0
      this.newest = { stamp: '', offset: 0 }
      for await (const frame of readFrames(createReadStream(`${this.path}.part`), false)) this.count(frame)
      this.isOpen = true
    } else {
      await this.flush()
    }
    await truncate(`${this.path}.part`, this.newest.offset)
    this.sizeBytes = this.newest.offset
    const from = this.newest.stamp
    this.newest = { stamp: '', offset: this.sizeBytes }
    return from
  }

  async append(frame: LogFrame): Promise<void> {
    if (this.sizeBytes > this.maxBytes) return
    const full = this.sizeBytes + frame.content.length > this.maxBytes
    const kept = full ? { ...frame, content: Buffer.from(`[log cut off after ${this.maxBytes} bytes]\n`) } : frame
    this.pending.push(encodeFrame(kept))
    this.pendingBytes += 9 + kept.stamp.length + kept.content.length
    this.count(kept)
    if (full) this.sizeBytes = this.maxBytes + 1
    if (this.pendingBytes >= flushBytes) await this.flush()
  }

  /** What could not be written is asked for again: by then the file has to say how far it goes. */
  async flush(): Promise<void> {
    if (this.pendingBytes === 0 || !this.isOpen) return
    const bytes = Buffer.concat(this.pending)
    this.pending = []
    this.pendingBytes = 0
    try {
      await appendFile(`${this.path}.part`, bytes)
    } catch (error) {
      this.isOpen = false
      throw error
    }
  }

  async finish(): Promise<void> {
    await this.flush()
    this.isOpen = false
    await rename(`${this.path}.part`, `${this.path}.log`)
  }

  /** Puts other frames in the place of all there is. Only for the few lines of a container that could not run. */
  async rewrite(change: (frames: readonly LogFrame[]) => readonly LogFrame[]): Promise<void> {
    await this.flush()
    const frames: LogFrame[] = []
    for await (const frame of readFrames(createReadStream(`${this.path}.part`), false)) frames.push(frame)
    const changed = change(frames)
    if (changed === frames) return
    await truncate(`${this.path}.part`, 0)
    this.sizeBytes = 0
    this.newest = { stamp: '', offset: 0 }
    for (const frame of changed) await this.append(frame)
    await this.flush()
  }

  private count(frame: LogFrame): void {
    if (frame.stamp !== this.newest.stamp) this.newest = { stamp: frame.stamp, offset: this.sizeBytes }
    this.sizeBytes += 9 + frame.stamp.length + frame.content.length
  }
}

/** The frames of a kept log; none where there is no such file. */
export async function* keptFrames(path: string): AsyncGenerator<LogFrame> {
  const file = existsSync(`${path}.log`) ? `${path}.log` : existsSync(`${path}.part`) ? `${path}.part` : null
  if (file !== null) yield* readFrames(createReadStream(file), false)
}
