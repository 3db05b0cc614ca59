/** From a container's tar of an output path to stored bytes: packs it as the artifact says. */
import { posix } from 'node:path'
import { UserError } from '../resources/index.ts'
import type { Artifact } from '../resources/index.ts'
import { noContent } from './archive/entry.ts'
import type { ArchiveLimits, Entry } from './archive/entry.ts'
import { gzip } from './archive/gzip.ts'
import { readTar } from './archive/tar-read.ts'
import { writeTar } from './archive/tar-write.ts'
import { writeZip } from './archive/zip.ts'
import { joinKey } from './keys.ts'
import type { ArtifactContext, ArtifactDriver, ByteStream } from './port.ts'

export type SaveParts = { readonly driver: ArtifactDriver; readonly key: string; readonly limits: ArchiveLimits }

/** @throws UserError ARTIFACT_ARCHIVE, ARTIFACT_FILE_TYPE; WorldError of the driver */
export async function save(
  tar: ByteStream,
  artifact: Artifact,
  parts: SaveParts,
  context: ArtifactContext,
): Promise<void> {
  const { driver, key, limits } = parts
  const entries = fileOrFolder(readTar(tar, { limits, special: 'skip' }), artifact)
  if (artifact.archive?.none) return saveEach(entries, artifact, parts, context)
  const packed = artifact.archive?.zip
    ? writeZip(withoutHardLinks(entries))
    : gzip(writeTar(entries, { singleTop: true }), artifact.archive?.tar?.compressionLevel)
  await driver.save(artifact, key, packed, context)
}

async function* fileOrFolder(entries: AsyncIterable<Entry>, { path = '' }: Artifact): AsyncGenerator<Entry> {
  let isFirst = true
  for await (const entry of entries) {
    if (isFirst && entry.type !== 'file' && entry.type !== 'directory') {
      const what = entry.type === 'symlink' ? `a symbolic link to ${entry.target}` : 'a link'
      throw new UserError('ARTIFACT_FILE_TYPE', `${path} is not a regular file or directory, but ${what}`)
    }
    isFirst = false
    yield entry
  }
  if (isFirst) throw new UserError('ARTIFACT_FILE_TYPE', `${path} is not a regular file or directory`)
}

/** `archive: none`: a file is one object, a folder one for each file in it; an empty folder leaves a mark. */
async function saveEach(
  entries: AsyncIterable<Entry>,
  artifact: Artifact,
  { driver, key }: SaveParts,
  context: ArtifactContext,
): Promise<void> {
  const saved = new Set<string>()
  const links: Entry[] = []
  let top = ''
  for await (const entry of entries) {
    top ||= entry.path
    const rest = entry.path.slice(top.length + 1)
    if (entry.type === 'file') {
      await driver.save(artifact, joinKey(key, rest), entry.content, context)
      saved.add(entry.path)
    } else if (entry.type !== 'directory') links.push(entry)
  }
  for (const link of links) {
    const target = link.type === 'link' ? link.target : posix.join(posix.dirname(link.path), link.target)
    const content = saved.has(target)
      ? await driver.openKey(artifact, joinKey(key, target.slice(top.length + 1)), context)
      : null
    // A link out of a folder (as /etc/mtab) leads nowhere for whoever loads the files: it is left out, as Argo does.
    if (!content && link.path !== top) continue
    if (!content)
      throw new UserError(
        'ARTIFACT_FILE_TYPE',
        `${link.path} -> ${link.target}: no such file in the artifact; a link can be stored without an archive only where it leads to a file beside it`,
      )
    await driver.save(artifact, joinKey(key, link.path.slice(top.length + 1)), content, context)
    saved.add(link.path)
  }
  if (saved.size === 0) await driver.save(artifact, `${key.replace(/\/+$/, '')}/`, noContent, context)
}

/** A zip has none: they become symbolic links, which need no second copy. */
async function* withoutHardLinks(entries: AsyncIterable<Entry>): AsyncGenerator<Entry> {
  for await (const entry of entries) {
    if (entry.type !== 'link') yield entry
    else yield { ...entry, type: 'symlink', target: posix.relative(posix.dirname(entry.path), entry.target) }
  }
}
