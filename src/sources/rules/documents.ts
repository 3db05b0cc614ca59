/** A text as documents: parsed, named, each with the hash of its content. */
import type { Manifest } from '../../admission/manifest.ts'
import { parseManifests } from '../../admission/index.ts'
import type { Path, Problem } from '../../admission/index.ts'
import { documentHash } from './content.ts'

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
  /** Of every document, as written; empty where it could not be read. */
  readonly kinds: readonly string[]
  readonly problems: readonly Problem[]
  /** The text ends in the middle of a line, or says nothing. */
  readonly looksCutOff: boolean
}

export type Reading = {
  readonly path: string
  /** Of documents that name none. */
  readonly namespace: string
  readonly hash: string
  /** What the place itself says beside the text: a name, parameters. */
  readonly adapt?: (manifest: Manifest) => Manifest
}

export function documentsOf(bytes: Uint8Array, reading: Reading): FileContent {
  const { path, namespace: defaultNamespace, hash, adapt = (manifest) => manifest } = reading
  const parsed = parseManifests(bytes, { file: path })
  const equals = new Map<string, number>()
  const documents = parsed.documents.flatMap((document): Document[] => {
    if (document.manifest === null || document.problems.length > 0) return []
    const manifest = adapt(document.manifest)
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
    kinds: parsed.documents.map(({ kind }) => kind),
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
