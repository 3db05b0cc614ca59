/** Text to resources: YAML of one or more documents, or JSON, each document read as its kind with the place of every value. */
import {
  type ExecutorPlugin,
  type Position,
  type ResourceKind,
  executorPluginKind,
  resourceKinds,
} from '../resources/index.ts'
import { advised } from './advice.ts'
import { type Decoded, decode } from './decode.ts'
import { configMapOf, executorPluginProblem } from './executor-plugin.ts'
import { isJson } from './json-tree.ts'
import { type Limits, defaultLimits } from './limits.ts'
import type { Manifest } from './manifest.ts'
import { type Path, type Problem, pathText } from './problem.ts'
import { type RawNode, entryOf, textField } from './raw-node.ts'
import { jsonTree, positionOfPath, yamlTree } from './read-tree.ts'
import { type DocumentText, type LineTable, splitDocuments, textOf } from './source-text.ts'
import { unknownKind } from './unknown-kind.ts'

export type ParseOptions = {
  readonly file?: string
  /** Chosen by the text itself where absent. */
  readonly format?: 'yaml' | 'json'
  readonly limits?: Limits
  /** Unknown fields and double keys are errors (the default). */
  readonly strict?: boolean
  /** A number or boolean is taken where a text is wanted (the default for YAML; never for JSON). */
  readonly scalarsAsText?: boolean
}

export type ParsedDocument = {
  /** Number in its file, from 0, empty documents left out. */
  readonly index: number
  /** As written; empty where there is none. */
  readonly kind: string
  /** Metadata's name, else generateName, else empty. */
  readonly name: string
  /** `null` where the document could not be read as its kind. */
  readonly manifest: Manifest | null
  /** What is wrong with the text; validation comes later. */
  readonly problems: readonly Problem[]
  /** Place of the nearest value to a path that is written down, or of a text within it. */
  locate(path: Path, text?: string): Position
}

export type ParsedManifests = {
  readonly documents: readonly ParsedDocument[]
  /** Of the file as a whole and of all its documents. */
  readonly problems: readonly Problem[]
}

/** Never throws for what a text may hold. */
export function parseManifests(source: string | Uint8Array, options: ParseOptions = {}): ParsedManifests {
  const limits = options.limits ?? defaultLimits
  const read = textOf(source, limits)
  if ('message' in read) return { documents: [], problems: [placed(read, options.file)] }
  const asJson = options.format === 'json' || (options.format === undefined && isJson(read.text))
  const parts = asJson ? [{ text: read.text, firstLine: 1, firstColumn: 1 }] : splitDocuments(read.text)
  if (parts.length > limits.maxDocuments) {
    const message = `holds more than ${limits.maxDocuments} documents`
    return { documents: [], problems: [placed({ message, hint: 'limit maxDocuments' }, options.file)] }
  }
  const documents = parts.flatMap((part, index) => parseDocument(part, index, asJson, options, limits) ?? [])
  return { documents, problems: documents.flatMap((document) => document.problems) }
}

const placed = (problem: Problem, file: string | undefined): Problem => ({
  ...advised(problem),
  at: { ...(file === undefined ? {} : { file }), line: problem.at?.line ?? 1, column: problem.at?.column ?? 1 },
})

function parseDocument(
  part: DocumentText,
  index: number,
  asJson: boolean,
  options: ParseOptions,
  limits: Limits,
): ParsedDocument | null {
  const reading = { file: options.file, limits }
  const tree = asJson ? jsonTree(part, reading) : yamlTree(part, reading)
  if (tree === null) return null
  if ('problem' in tree) {
    const at = tree.problem.at ?? { line: part.firstLine, column: 1 }
    return { index, kind: '', name: '', manifest: null, problems: [advised(tree.problem)], locate: () => at }
  }
  const { node, lines } = tree
  const locate = (path: Path, text?: string) => positionOfPath(tree, path, text)
  const common = { index, name: nameOf(node), locate }
  const kind = textField(node, 'kind')
  if (kind === executorPluginKind.kind) return { ...common, ...readPlugin(node, { asJson, options, locate, lines }) }
  const known = resourceKinds.find((candidate) => candidate.kind === kind)
  if (!known) return { ...common, kind, manifest: null, problems: [unknownKind(node, kind, asJson, locate)] }
  return { ...common, kind, ...readAs(known, node, { asJson, options, locate, lines }) }
}

type Reading = {
  readonly asJson: boolean
  readonly options: Pick<ParseOptions, 'strict' | 'scalarsAsText'>
  readonly locate: (path: Path) => Position
  readonly lines: LineTable
}

function readAs(kind: ResourceKind, node: RawNode, reading: Reading): Pick<ParsedDocument, 'manifest' | 'problems'> {
  const { asJson, options, lines } = reading
  const strict = options.strict ?? true
  const decoded = decode(node, kind.schema, {
    strict,
    scalarsAsText: !asJson && (options.scalarsAsText ?? true),
    sortKeys: !asJson,
  })
  const at = (offset: number) => lines.positionOf(offset)
  if (decoded.fault) {
    const { message, path, offset } = decoded.fault
    return { manifest: null, problems: [advised({ message, path: pathText(path), at: at(offset), aborts: true })] }
  }
  const manifest = { kind: kind.kind, resource: decoded.value } as Manifest
  return { manifest, problems: strict ? strictProblems(decoded, asJson, at) : [] }
}

/** An ExecutorPlugin is stored as the ConfigMap that Argo's `executor-plugin build` makes of it. */
function readPlugin(node: RawNode, reading: Reading): Pick<ParsedDocument, 'kind' | 'name' | 'manifest' | 'problems'> {
  const { manifest, problems } = readAs(executorPluginKind, node, reading)
  const name = `${nameOf(node)}-executor-plugin`
  if (manifest === null) return { kind: 'ConfigMap', name, manifest, problems }
  const plugin = manifest.resource as unknown as ExecutorPlugin
  const wrong = executorPluginProblem(plugin)
  if (wrong !== null) {
    const { message, path } = wrong
    const problem = { message, path: pathText(path), at: reading.locate(path) }
    return { kind: 'ConfigMap', name, manifest: null, problems: [...problems, problem] }
  }
  return { kind: 'ConfigMap', name, manifest: { kind: 'ConfigMap', resource: configMapOf(plugin) }, problems }
}

/** Unknown fields that are told what to do about; of a document with more nearly all are alike. */
const advisedMost = 100

function strictProblems(decoded: Decoded, asJson: boolean, at: (offset: number) => Position): Problem[] {
  const doubles = decoded.duplicates.map(({ path, offset }) => {
    const text = pathText(path)
    return asJson
      ? { offset, message: `duplicate field "${text}"`, path: text, at: at(offset) }
      : {
          offset,
          message: `key "${String(path.at(-1))}" already set in map`,
          path: text,
          at: at(offset),
          hint: 'remove one of them',
          silentInArgo: true,
        }
  })
  const unknown = decoded.unknown.map(({ path, offset, suggestion }, index) => {
    const text = pathText(path)
    const hint = suggestion === undefined ? {} : { hint: `did you mean "${suggestion}"?` }
    const problem = { offset, message: `unknown field "${text}"`, path: text, at: at(offset), ...hint }
    return index < advisedMost ? advised(problem) : problem
  })
  const all = [...doubles, ...unknown]
  return asJson ? all.toSorted((a, b) => a.offset - b.offset).map(withoutOffset) : all.map(withoutOffset)
}

const withoutOffset = ({ offset: _, ...problem }: Problem & { readonly offset: number }): Problem => problem

function nameOf(node: RawNode): string {
  const metadata = entryOf(node, 'metadata')?.value
  return metadata ? textField(metadata, 'name') || textField(metadata, 'generateName') : ''
}
