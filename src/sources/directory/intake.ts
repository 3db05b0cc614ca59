/** From hints to contents: which of the dirty files may be read now, which are gone, which need a little longer. */
import { join } from 'node:path'
import type { Problem } from '../../admission/index.ts'
import type { FileContent } from '../rules/documents.ts'
import { eachAtOnce } from '../rules/each-at-once.ts'
import { openForWriting } from './open-writers.ts'
import { contentOf, readManifestFile } from './reading.ts'
import { Settling } from './settling.ts'
import { look } from './walk.ts'
import type { Sight } from './walk.ts'

export type Intake = {
  readonly contents: ReadonlyMap<string, { readonly sight: Sight; readonly content: FileContent }>
  readonly refused: ReadonlyMap<string, { readonly sight: Sight; readonly problem: Problem }>
  readonly vanished: readonly string[]
  /** Milliseconds until each of the others is worth another look. */
  readonly later: ReadonlyMap<string, number>
}

/** Files read at once. */
const readsAtOnce = 64
/** A path that is missing for less may be about to be replaced. */
const vanishGraceMs = 150
const heldOpenMs = 150
/** Beyond it a writer has forgotten to close its file. */
const heldOpenMaxMs = 60_000

export class FolderIntake {
  readonly #root: string
  readonly #namespace: string
  readonly #settling: Settling
  readonly #missingSince = new Map<string, number>()

  constructor(root: string, namespace: string, settleMs: number) {
    this.#root = root
    this.#namespace = namespace
    this.#settling = new Settling(settleMs)
  }

  /** @param isKnown whether these bytes need not be parsed again */
  async take(
    paths: readonly string[],
    nowMs: number,
    isKnown: (path: string, hash: string) => boolean,
  ): Promise<Intake> {
    const later = new Map<string, number>()
    const refused = new Map<string, { sight: Sight; problem: Problem }>()
    const vanished: string[] = []
    const quiet = new Map<string, Sight>()
    await eachAtOnce(paths, readsAtOnce, async (path) => {
      const sight = await look(this.#root, path)
      if (sight === null) {
        const wait = this.#missingMs(path, nowMs)
        if (wait > 0) later.set(path, wait)
        else vanished.push(path)
        return
      }
      this.#missingSince.delete(path)
      if (sight.refusal !== undefined) {
        const at = { file: path, line: 1, column: 1 }
        refused.set(path, { sight, problem: { message: sight.refusal, at, rule: 'folder' } })
        return
      }
      const wait = this.#settling.waitMs(path, sight, nowMs)
      if (wait > 0) later.set(path, wait)
      else quiet.set(path, sight)
    })
    for (const path of await this.#heldOpen(quiet, nowMs)) {
      quiet.delete(path)
      later.set(path, heldOpenMs)
    }
    const contents = new Map<string, { sight: Sight; content: FileContent }>()
    await eachAtOnce([...quiet], readsAtOnce, async ([path, sight]) => {
      const bytes = await readManifestFile(this.#root, path)
      if (bytes === null) later.set(path, vanishGraceMs)
      else if (!(bytes instanceof Uint8Array)) refused.set(path, { sight, problem: bytes })
      else {
        const content = contentOf(bytes, path, this.#namespace, isKnown)
        if (content.looksCutOff && this.#settling.doubt(path, nowMs)) later.set(path, 1)
        else contents.set(path, { sight, content })
      }
    })
    for (const path of [...contents.keys(), ...refused.keys(), ...vanished]) this.#settling.forget(path)
    return { contents, refused, vanished, later }
  }

  #missingMs(path: string, nowMs: number): number {
    const since = this.#missingSince.get(path)
    if (since === undefined) {
      this.#missingSince.set(path, nowMs)
      return vanishGraceMs
    }
    const wait = since + vanishGraceMs - nowMs
    if (wait <= 0) this.#missingSince.delete(path)
    return Math.max(0, wait)
  }

  async #heldOpen(quiet: ReadonlyMap<string, Sight>, nowMs: number): Promise<readonly string[]> {
    const fresh = [...quiet].filter(([, { modifiedAt }]) => nowMs - modifiedAt < heldOpenMaxMs).map(([path]) => path)
    if (fresh.length === 0) return []
    const open = await openForWriting(new Set(fresh.map((path) => join(this.#root, path))))
    return fresh.filter((path) => open.has(join(this.#root, path)))
  }
}
