/** From stored bytes to a tar for a container: recognises the archive, unpacks it, puts it at the path. */
import type { Artifact } from '../resources/index.ts'
import { peek } from './archive/byte-reader.ts'
import { noContent } from './archive/entry.ts'
import type { ArchiveLimits, Entry } from './archive/entry.ts'
import { gunzip, gunzipHead, isGzip } from './archive/gzip.ts'
import { place } from './archive/place.ts'
import type { Placement, Target } from './archive/place.ts'
import { looksLikeTar, readTar } from './archive/tar-read.ts'
import { oneFile, singleTopRecord, writeTar } from './archive/tar-write.ts'
import { readZip } from './archive/zip.ts'
import { artifactKey } from './keys.ts'
import type { ArtifactContext, ArtifactDriver, ByteStream, Fetched, ObjectInfo, ObjectStream } from './port.ts'
import type { Scratch, SpooledFile } from './scratch.ts'

export type LoadParts = { readonly driver: ArtifactDriver; readonly scratch: Scratch; readonly limits: ArchiveLimits }

/** Enough for the first headers of a tar, whatever it was packed with. */
const headBytes = 4096

/** `null` where there is nothing at the artifact's location. */
export async function load(
  artifact: Artifact,
  wanted: Target,
  parts: LoadParts,
  context: ArtifactContext,
): Promise<ByteStream | null> {
  const { driver } = parts
  const target = {
    ...wanted,
    mode: wanted.mode ?? artifact.mode,
    recurseMode: wanted.recurseMode ?? artifact.recurseMode,
  }
  if (driver.tree) return writeTar(place(await driver.tree(artifact, context), target, 'into'))
  const fetched = driver.fetch ? await driver.fetch(artifact, context) : await fetchPlainly(driver, artifact, context)
  if (fetched === null) return null
  if (fetched.kind === 'file') return loadObject(artifact, fetched.content, target, parts)
  if (fetched.kind === 'folder') return writeTar(place(fetched.entries, target, 'into'))
  const open = (key: string) => driver.openKey(artifact, key, context)
  const folder = { objects: fetched.objects, key: artifactKey(artifact) ?? '', open, scratch: parts.scratch }
  return writeTar(place(entriesOf(folder), target, 'into'))
}

/** An object at the key, or those below it. */
export async function fetchPlainly(
  driver: ArtifactDriver,
  artifact: Artifact,
  context: ArtifactContext,
): Promise<Fetched | null> {
  const content = await driver.open(artifact, context)
  if (content) return { kind: 'file', content }
  const objects = await driver.list(artifact, context)
  return objects.length === 0 ? null : { kind: 'objects', objects }
}

async function loadObject(
  artifact: Artifact,
  content: ObjectStream,
  target: Target,
  parts: LoadParts,
): Promise<ByteStream> {
  const { archive } = artifact
  if (archive?.zip) return loadZip(await parts.scratch.spool(content), target, parts)
  if (archive?.none) return loadFile(content, content.sizeBytes, target, parts)
  const { head, whole } = await peek(content, headBytes)
  const isPacked = isGzip(head)
  const tarHead = isPacked ? gunzipHead(head) : head
  if (archive?.tar || (isPacked && looksLikeTar(tarHead))) return loadTar(whole, { tarHead, isPacked }, target, parts)
  return loadFile(whole, content.sizeBytes, target, parts)
}

async function loadFile(
  content: ByteStream,
  sizeBytes: number | undefined,
  target: Target,
  { scratch }: LoadParts,
): Promise<ByteStream> {
  const spooled = sizeBytes === undefined ? await scratch.spool(content) : null
  const file = {
    path: target.path.replace(/^\/+|\/+$/g, ''),
    mode: (target.mode ?? 0o644) & 0o7777,
    ...{ uid: target.uid ?? 0, gid: target.gid ?? 0, modifiedAt: now() },
  }
  return spooled
    ? oneFile({ ...file, sizeBytes: spooled.sizeBytes, content: scratch.consume(spooled) })
    : oneFile({ ...file, sizeBytes: sizeBytes ?? 0, content })
}

/**
 * An archive with exactly one name at its top becomes the path itself, any other is unpacked into it. What Drydock
 * stored says on its first entry that there is one, and streams; of others that is known only at the end, so they
 * are kept on disk as they come and read twice.
 */
async function loadTar(
  content: ByteStream,
  { tarHead, isPacked }: { readonly tarHead: Buffer; readonly isPacked: boolean },
  target: Target,
  parts: LoadParts,
): Promise<ByteStream> {
  const unpack = (stored: ByteStream) => readTar(isPacked ? gunzip(stored) : stored, { limits: parts.limits })
  if (tarHead.subarray(0, 2 * 512).includes(singleTopRecord)) return writeTar(place(unpack(content), target, 'as'))
  return loadSpooled(await parts.scratch.spool(content), (file) => unpack(file.read()), target)
}

const loadZip = (file: SpooledFile, target: Target, { limits }: LoadParts): Promise<ByteStream> =>
  loadSpooled(file, (spooled) => readZip(spooled, limits), target)

async function loadSpooled(
  file: SpooledFile,
  entries: (file: SpooledFile) => AsyncIterable<Entry>,
  target: Target,
): Promise<ByteStream> {
  try {
    const placement = await placementOf(entries(file))
    return thenRemove(writeTar(place(entries(file), target, placement)), file)
  } catch (error) {
    await file.remove()
    throw error
  }
}

async function* thenRemove(tar: ByteStream, file: SpooledFile): AsyncGenerator<Uint8Array> {
  try {
    yield* tar
  } finally {
    await file.remove()
  }
}

async function placementOf(entries: AsyncIterable<Entry>): Promise<Placement> {
  const tops = new Set<string>()
  for await (const { path } of entries) {
    tops.add(path.split('/')[0] ?? '')
    if (tops.size > 1) return 'into'
  }
  return tops.size === 1 ? 'as' : 'into'
}

const now = (): number => Math.trunc(Date.now() / 1000)

type Folder = {
  readonly objects: readonly ObjectInfo[]
  readonly key: string
  readonly open: (key: string) => Promise<ObjectStream | null>
  readonly scratch: Scratch
}

/** Objects below a key as the files of a folder. */
async function* entriesOf({ objects, key: folder, open, scratch }: Folder): AsyncGenerator<Entry> {
  const start = folder.endsWith('/') ? folder.length : folder.length + 1
  const common = { target: '', uid: 0, gid: 0, modifiedAt: now() }
  for (const { key, sizeBytes } of objects) {
    const path = key.slice(start).replace(/\/+$/, '')
    if (path === '' || path.split('/').some((part) => part === '' || part === '.' || part === '..')) continue
    if (key.endsWith('/')) {
      yield { ...common, path, type: 'directory', mode: 0o755, sizeBytes: 0, content: noContent }
      continue
    }
    const content = (await open(key)) ?? noContent // deleted meanwhile: the tar writer says that it changed
    if (sizeBytes !== undefined) {
      yield { ...common, path, type: 'file', mode: 0o644, sizeBytes, content }
      continue
    }
    const spooled = await scratch.spool(content)
    const kept = scratch.consume(spooled)
    yield { ...common, path, type: 'file', mode: 0o644, sizeBytes: spooled.sizeBytes, content: kept }
  }
}
