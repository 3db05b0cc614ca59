/**
 * A container's kept log: one file of frames, `.log` once it is whole. While it may still grow it is its writer's own, of a
 * name that ends in `.part`: a daemon that has the workflow taken from it may still write when the next one does. Whoever
 * goes on with what another has begun renames it; the other then finds it gone.
 */
import { randomUUID } from 'node:crypto'
import { constants, createReadStream, existsSync, mkdirSync } from 'node:fs'
import { appendFile, open, readdir, rename, stat, truncate, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type LogFrame, encodeFrame, readFrames } from './log-frames.ts'

const flushBytes = 256 * 1024
/** Looks for a file that others rename meanwhile. */
const looksMost = 10
/** What has been taken away must not come back as its own tail. */
const toTheEndOfWhatStands = constants.O_WRONLY | constants.O_APPEND

/** Whether an error tells that another has what was to be read or written. */
export const isTakenAway = (error: unknown): boolean => (error as NodeJS.ErrnoException | null)?.code === 'ENOENT'

export class LogFile {
  private readonly path: string
  private readonly own: string
  private readonly maxBytes: number
  private readonly confirm: () => Promise<void>
  /** What follows is known from the file. Nothing is kept open: whoever follows may be dropped at any time. */
  private isOpen = false
  private pending: Buffer[] = []
  private pendingBytes = 0
  private sizeBytes = 0
  /** The newest stamp, and where its first frame begins: the pieces of a long line share theirs. */
  private newest = { stamp: '', offset: 0 }
  /** The newest stamp comes again: cut off from there as soon as it does. */
  private comesAgain = false

  /**
   * @param path without its ending
   * @param confirm asked before the first log of a workflow is begun: it may be gone, with all its logs, while we stood
   * still; rejects where the workflow is another daemon's to look after
   */
  constructor(path: string, maxBytes: number, confirm: () => Promise<void> = () => Promise.resolve()) {
    this.path = path
    this.own = `${path}.${randomUUID().slice(0, 8)}.part`
    this.maxBytes = maxBytes
    this.confirm = confirm
  }

  get isWhole(): boolean {
    return existsSync(`${this.path}.log`)
  }

  /** The pod's logs have been removed. */
  get isDropped(): boolean {
    return !existsSync(dirname(this.path))
  }

  /** Stamp from which the engine is to be asked on; what the file has of that very stamp is replaced by what comes. */
  async resume(): Promise<string> {
    if (this.isOpen) await this.flush()
    else await this.open()
    this.comesAgain = true
    return this.newest.stamp
  }

  async append(frame: LogFrame): Promise<void> {
    if (this.comesAgain) await this.cut(this.newest.offset)
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
    await this.change(() => appendFile(this.own, bytes, { flag: toTheEndOfWhatStands }))
  }

  async finish(): Promise<void> {
    await this.flush()
    this.isOpen = false
    await rename(this.own, `${this.path}.log`)
  }

  /** Puts other frames in the place of all there is. Only for the few lines of a container that could not run. */
  async rewrite(change: (frames: readonly LogFrame[]) => readonly LogFrame[]): Promise<void> {
    await this.flush()
    const frames: LogFrame[] = []
    for await (const frame of readFrames(createReadStream(this.own), false)) frames.push(frame)
    const changed = change(frames)
    if (changed === frames) return
    await this.cut(0)
    for (const frame of changed) await this.append(frame)
    await this.flush()
  }

  private async open(): Promise<void> {
    if (this.isDropped) {
      await this.confirm()
      mkdirSync(dirname(this.path), { recursive: true })
    }
    this.sizeBytes = 0
    this.newest = { stamp: '', offset: 0 }
    if (await this.claim()) for await (const frame of readFrames(createReadStream(this.own), false)) this.count(frame)
    else await writeFile(this.own, '')
    this.isOpen = true
  }

  /** What there is becomes ours; whether there is anything. */
  private async claim(): Promise<boolean> {
    for (let looks = 1; ; looks += 1) {
      const found = await fileOf(this.path)
      if (found === null) return false
      try {
        await rename(found, this.own)
        return true
      } catch (error) {
        if (!isTakenAway(error) || looks >= looksMost) throw error
      }
    }
  }

  private async cut(offset: number): Promise<void> {
    await this.change(() => truncate(this.own, offset))
    this.comesAgain = false
    this.sizeBytes = offset
    this.newest = { stamp: '', offset }
  }

  private async change(write: () => Promise<void>): Promise<void> {
    try {
      await write()
    } catch (error) {
      this.isOpen = false
      throw error
    }
  }

  private count(frame: LogFrame): void {
    if (frame.stamp !== this.newest.stamp) this.newest = { stamp: frame.stamp, offset: this.sizeBytes }
    this.sizeBytes += 9 + frame.stamp.length + frame.content.length
  }
}

/** The frames of a kept log; none where there is no such file. */
export async function* keptFrames(path: string): AsyncGenerator<LogFrame> {
  for (let looks = 1; ; looks += 1) {
    const found = await fileOf(path)
    if (found === null) return
    try {
      const file = await open(found)
      return yield* readFrames(file.createReadStream(), false)
    } catch (error) {
      if (!isTakenAway(error) || looks >= looksMost) throw error
    }
  }
}

/** The whole one, or the one that goes furthest. */
async function fileOf(path: string): Promise<string | null> {
  const whole = `${path}.log`
  if (existsSync(whole)) return whole
  const [folder, name] = [dirname(path), basename(path)]
  const files: readonly string[] = await readdir(folder).catch(() => [])
  if (files.includes(basename(whole))) return whole
  const isPart = (file: string) => file.startsWith(name) && /^(\.[0-9a-f]{8})?\.part$/.test(file.slice(name.length))
  let furthest: { readonly part: string; readonly bytes: number } | null = null
  for (const part of files.filter(isPart).map((file) => join(folder, file))) {
    const bytes = await stat(part).then(
      ({ size }) => size,
      () => -1,
    )
    if (furthest === null || bytes > furthest.bytes) furthest = { part, bytes }
  }
  return furthest?.part ?? null
}
