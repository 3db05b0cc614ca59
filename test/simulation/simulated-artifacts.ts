/** Artifact storage in memory, which outlives the daemon: each object is the tar that was saved under its key. */
import { extract, pack } from 'tar-stream'
import { Readable } from 'node:stream'
import type { Artifacts } from '../../src/artifacts/index.ts'
import type { Artifact } from '../../src/resources/index.ts'

type File = { readonly name: string; readonly content: Buffer }

export class ArtifactShelf {
  readonly objects = new Map<string, readonly File[]>()
  readonly #failures = new Map<string, number>()

  /** Transfers are tried five times: the simulated ones fail less often than that, so that what comes of them is certain. */
  mayFail(key: string): boolean {
    const count = this.#failures.get(key) ?? 0
    this.#failures.set(key, count + 1)
    return count < 3
  }
}

/** @param around is told the key and carries out the transfer, or lets it fail */
export function simulatedArtifacts(
  shelf: ArtifactShelf,
  around: <T>(name: string, work: () => Promise<T>) => Promise<T>,
): Artifacts {
  const filesAt = (artifact: Artifact): readonly File[] | null =>
    artifact.raw?.data === undefined
      ? (shelf.objects.get(keyOf(artifact)) ?? null)
      : [{ name: 'data', content: Buffer.from(artifact.raw.data) }]
  return {
    save: (tar, artifact) =>
      around(`save ${keyOf(artifact)}`, async () => {
        const files = await unpacked(tar)
        shelf.objects.set(keyOf(artifact), files)
        return artifact
      }),
    load: (artifact, target) =>
      around(`load ${keyOf(artifact)}`, async () => {
        const files = filesAt(artifact)
        return files === null ? null : packed(files, target.path)
      }),
    open: (artifact) =>
      around(`open ${keyOf(artifact)}`, async () => {
        const [file] = filesAt(artifact) ?? []
        return file === undefined ? null : Readable.from([file.content])
      }),
    list: (artifact) =>
      around(`list ${keyOf(artifact)}`, async () =>
        (filesAt(artifact) ?? []).map(({ content }) => ({ key: keyOf(artifact), sizeBytes: content.length })),
      ),
    openKey: (artifact, key) =>
      around(`openKey ${key}`, async () => {
        const [file] = filesAt(artifact) ?? []
        return file === undefined ? null : Readable.from([file.content])
      }),
    saveBytes: (content, artifact) =>
      around(`saveBytes ${keyOf(artifact)}`, async () => {
        const parts: Uint8Array[] = []
        for await (const part of content) parts.push(part)
        shelf.objects.set(keyOf(artifact), [{ name: 'data', content: Buffer.concat(parts) }])
        return artifact
      }),
    delete: (artifact) => around(`delete ${keyOf(artifact)}`, async () => void shelf.objects.delete(keyOf(artifact))),
  }
}

const keyOf = (artifact: Artifact): string => artifact.s3?.key ?? artifact.name

async function unpacked(tar: AsyncIterable<Uint8Array>): Promise<readonly File[]> {
  const files: File[] = []
  for await (const entry of Readable.from(tar).pipe(extract())) {
    const parts: Buffer[] = []
    for await (const part of entry) parts.push(part as Buffer)
    if (entry.header.type === 'file') files.push({ name: entry.header.name, content: Buffer.concat(parts) })
  }
  return files
}

function packed(files: readonly File[], path: string): AsyncIterable<Uint8Array> {
  const tar = pack()
  for (const { content } of files) tar.entry({ name: path.replace(/^\/+/, '') }, content)
  tar.finalize()
  return tar as AsyncIterable<Uint8Array>
}
