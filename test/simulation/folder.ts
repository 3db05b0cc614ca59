/** A folder of manifests as the directory source sees one, less the file system: paths with texts, looked at every second. */
import type { RunningController } from '../../src/controller/index.ts'
import type { Clock } from '../../src/resources/index.ts'
import { NameClaims } from '../../src/sources/rules/claims.ts'
import { documentsOf } from '../../src/sources/rules/documents.ts'
import { admitFile, recordKey, retireFile } from '../../src/sources/rules/file-admission.ts'
import { FileRecords } from '../../src/sources/rules/records.ts'
import type { Store } from '../../src/store/index.ts'

/** Path → text. */
export type SimulatedFolder = Map<string, string>

const lookMs = 1_000

export class FolderWatcher {
  readonly #folder: SimulatedFolder
  readonly #controller: RunningController
  readonly #clock: Clock
  readonly #records: FileRecords
  readonly #claims = new NameClaims(() => undefined)

  constructor(
    folder: SimulatedFolder,
    parts: { readonly controller: RunningController; readonly store: Store; readonly clock: Clock },
  ) {
    this.#folder = folder
    this.#controller = parts.controller
    this.#clock = parts.clock
    this.#records = new FileRecords(parts.store, '/manifests')
  }

  async run(isWanted: () => boolean): Promise<void> {
    for (let isLoaded = false; isWanted();) {
      try {
        if (!isLoaded) await this.#load()
        isLoaded = true
        await this.#look()
      } catch {
        // Tried again at the next look, as the source does.
      }
      await this.#clock.sleep(lookMs)
    }
  }

  async #load(): Promise<void> {
    await this.#records.load()
    for (const path of this.#records.paths())
      for (const record of this.#records.get(path)?.documents ?? []) this.#claims.claim(recordKey(record), path)
  }

  async #look(): Promise<void> {
    const paths = new Set([...this.#folder.keys(), ...this.#records.paths()])
    for (const path of [...paths].sort()) {
      const text = this.#folder.get(path)
      const before = this.#records.get(path)
      if (text === undefined) {
        if (before === undefined || before.gone === true) continue
        await this.#records.put(new Map([[path, await retireFile(this.#controller, this.#claims, path, before)]]))
        continue
      }
      if (before?.hash === text && before.settled && before.gone !== true) continue
      const content = documentsOf(new TextEncoder().encode(text), { path, namespace: 'default', hash: text })
      const task = { path, content, before, mayWait: false, touched: false }
      const { record } = await admitFile(this.#controller, this.#claims, task)
      await this.#records.put(new Map([[path, record]]))
    }
  }
}
