/** A file's bytes, and what stands in them. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Problem } from '../../admission/index.ts'
import { hashOf } from '../rules/content.ts'
import { documentsOf } from '../rules/documents.ts'
import type { FileContent } from '../rules/documents.ts'

/** `null` where the file has gone; a file that cannot be read has that as its problem. */
export async function readManifestFile(root: string, path: string): Promise<Uint8Array | Problem | null> {
  try {
    return await readFile(join(root, path))
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT') return null
    return { message: `cannot be read (${code ?? String(error)})`, at: { file: path, line: 1, column: 1 } }
  }
}

export function contentOf(
  bytes: Uint8Array,
  path: string,
  namespace: string,
  isKnown: (path: string, hash: string) => boolean,
): FileContent {
  const hash = hashOf(bytes)
  if (isKnown(path, hash)) return { hash, documents: [], kinds: [], problems: [], looksCutOff: false }
  return documentsOf(bytes, { path, namespace, hash })
}
