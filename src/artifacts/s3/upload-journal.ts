/**
 * Which multipart uploads are under way, kept on disk: parts that a killed daemon leaves behind are invisible, but they
 * cost. The first save into a bucket aborts those of earlier lives.
 */
import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export type UploadUnderWay = {
  readonly endpoint: string
  readonly bucket: string
  readonly key: string
  readonly uploadId: string
}

export class UploadJournal {
  readonly #directory: string
  /** Of earlier lives, by file. */
  readonly #left = new Map<string, UploadUnderWay>()

  constructor(directory: string) {
    this.#directory = directory
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    for (const name of readdirSync(directory)) {
      const upload = parsed(join(directory, name))
      if (upload) this.#left.set(join(directory, name), upload)
    }
  }

  /** Returns what to call when the upload has ended, well or not. */
  async begin(upload: UploadUnderWay): Promise<() => Promise<void>> {
    const file = join(this.#directory, `${randomUUID()}.json`)
    await writeFile(file, JSON.stringify(upload), { mode: 0o600 })
    return () => rm(file, { force: true })
  }

  /** Hands over what earlier lives left in a bucket, once; what cannot be aborted now stays for the next life. */
  async sweep(
    { endpoint, bucket }: Pick<UploadUnderWay, 'endpoint' | 'bucket'>,
    abort: (upload: UploadUnderWay) => Promise<void>,
  ): Promise<void> {
    for (const [file, upload] of [...this.#left]) {
      if (upload.endpoint !== endpoint || upload.bucket !== bucket) continue
      this.#left.delete(file)
      await abort(upload).then(
        () => rm(file, { force: true }),
        () => undefined,
      )
    }
  }
}

/** `null` for a file that was cut off in the middle of writing. */
function parsed(file: string): UploadUnderWay | null {
  try {
    const { endpoint, bucket, key, uploadId } = JSON.parse(readFileSync(file, 'utf8')) as Partial<UploadUnderWay>
    return bucket && key && uploadId ? { endpoint: endpoint ?? '', bucket, key, uploadId } : null
  } catch {
    return null
  }
}
