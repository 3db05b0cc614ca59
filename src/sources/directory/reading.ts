/** A file's bytes as documents: parsed, named, each with the hash of its content. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Manifest } from '../../admission/manifest.ts'
import { parseManifests } from '../../admission/index.ts'
import type { Path, Problem } from '../../admission/index.ts'
import { documentHash, hashOf } from './content.ts'

export type Document = {
  readonly manifest: Manifest
  readonly namespace: string
  /** Empty where there is only a generateName. */
  readonly name: string
  readonly generateName: string
  readonly hash: string
  /** The problem with the place that its path has in the file. */
  placed(problem: Problem): Problem
}

export type FileContent = {
  readonly hash: string
  readonly documents: readonly Document[]
  readonly problems: readonly Problem[]
  /** The text ends in the middle of a line, or says nothing. */
  readonly looksCutOff: boolean
}

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
  defaultNamespace: string,
  isKnown: (path: string, hash: string) => boolean,
): FileContent {
  const hash = hashOf(bytes)
  if (isKnown(path, hash)) return { hash, documents: [], problems: [], looksCutOff: false }
  const parsed = parseManifests(bytes, { file: path })
  const equals = new Map<string, number>()
  const documents = parsed.documents.flatMap((document): Document[] => {
    const { manifest } = document
    if (manifest === null || document.problems.length > 0) return []
    const metadata = manifest.resource.metadata ?? {}
    const text = JSON.stringify([manifest.kind, manifest.resource])
    const ordinal = equals.get(text) ?? 0
    equals.set(text, ordinal + 1)
    return [
      {
        manifest,
        namespace: manifest.kind === 'ClusterWorkflowTemplate' ? '' : metadata.namespace || defaultNamespace,
        name: metadata.name ?? '',
        generateName: metadata.generateName ?? '',
        hash: documentHash(manifest.kind, manifest.resource, ordinal),
        placed: (problem) => placed(problem, path, document.locate),
      },
    ]
  })
  const last = bytes.at(-1)
  return {
    hash,
    documents,
    problems: parsed.problems,
    looksCutOff:
      last !== 0x0a ||
      parsed.problems.length > 0 ||
      parsed.documents.length === 0 ||
      !parsed.documents.every(({ manifest }) => isFilled(manifest)),
  }
}

/** A kind that has a spec says something in it; a text that is still being written may not yet. */
function isFilled(manifest: Manifest | null): boolean {
  if (manifest === null) return false
  if (manifest.kind === 'ConfigMap' || manifest.kind === 'Secret') return true
  const spec: object = manifest.resource.spec ?? {}
  return Object.keys(spec).some((key) => key !== 'entrypoint' && key !== 'arguments')
}

function placed(problem: Problem, file: string, locate: (path: Path) => { line: number; column: number }): Problem {
  if (problem.at !== undefined) return { ...problem, at: { ...problem.at, file } }
  const { line, column } = locate(problem.path === undefined ? [] : pathOf(problem.path))
  return { ...problem, at: { file, line, column } }
}

/** `spec.templates[0].name` as keys and indices; the opposite of `pathText`. */
export function pathOf(text: string): Path {
  return text.split(/[.[\]]/).flatMap((step) => (step === '' ? [] : [/^\d+$/.test(step) ? Number(step) : step]))
}
