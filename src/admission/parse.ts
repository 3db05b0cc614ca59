/** Text to resources: YAML of one or more documents, or JSON, each document read as its kind with the place of every value. */
import { type Position, type ResourceKind, resourceKinds } from '../resources/index.ts'
import { type Decoded, decode } from './decode.ts'
import { readYaml } from './flow-indent.ts'
import type { SchemaNode } from './go-type-names.ts'
import { isJson, jsonTreeOf } from './json-tree.ts'
import { type Limits, defaultLimits } from './limits.ts'
import type { Manifest } from './manifest.ts'
import { type Path, type Problem, pathText } from './problem.ts'
import { type RawNode, entryOf, rawOf } from './raw-node.ts'
import { type DocumentText, LineTable, splitDocuments } from './source-text.ts'
import { nearest } from './suggestion.ts'
import { TreeFault, treeOf } from './yaml-tree.ts'

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
  ...problem,
  at: { ...(file === undefined ? {} : { file }), line: 1, column: 1 },
})

function textOf(source: string | Uint8Array, limits: Limits): { readonly text: string } | Problem {
  const size = typeof source === 'string' ? Buffer.byteLength(source) : source.byteLength
  if (size > limits.maxFileBytes) {
    return { message: `is larger than ${limits.maxFileBytes} bytes`, hint: 'limit maxFileBytes' }
  }
  try {
    const text = typeof source === 'string' ? source : new TextDecoder('utf-8', { fatal: true }).decode(source)
    return { text: text.replace(/^\uFEFF/, '') }
  } catch {
    return { message: 'is not a text in UTF-8', silentInArgo: true }
  }
}

type Tree = { readonly node: RawNode; readonly lines: LineTable; readonly text: string } | { readonly problem: Problem }

function parseDocument(
  part: DocumentText,
  index: number,
  asJson: boolean,
  options: ParseOptions,
  limits: Limits,
): ParsedDocument | null {
  const tree = asJson ? jsonTree(part, options, limits) : yamlTree(part, options, limits)
  if (tree === null) return null
  if ('problem' in tree) {
    const at = tree.problem.at ?? { line: part.firstLine, column: 1 }
    return { index, kind: '', name: '', manifest: null, problems: [tree.problem], locate: () => at }
  }
  const { node, lines } = tree
  const locate = (path: Path, text?: string) => lines.positionOf(offsetOfPath(node, path, { source: tree.text, text }))
  const common = { index, name: nameOf(node), locate }
  const kind = textField(node, 'kind')
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
  const decoded = decode(node, kind.schema as unknown as SchemaNode, {
    strict,
    scalarsAsText: !asJson && (options.scalarsAsText ?? true),
    sortKeys: !asJson,
  })
  const at = (offset: number) => lines.positionOf(offset)
  if (decoded.fault) {
    const { message, path, offset } = decoded.fault
    return { manifest: null, problems: [{ message, path: pathText(path), at: at(offset), aborts: true }] }
  }
  const manifest = { kind: kind.kind, resource: decoded.value } as Manifest
  return { manifest, problems: strict ? strictProblems(decoded, asJson, at) : [] }
}

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
  const unknown = decoded.unknown.map(({ path, offset, suggestion }) => {
    const text = pathText(path)
    const hint = suggestion === undefined ? {} : { hint: `did you mean "${suggestion}"?` }
    return { offset, message: `unknown field "${text}"`, path: text, at: at(offset), ...hint }
  })
  const all = [...doubles, ...unknown]
  return asJson ? all.toSorted((a, b) => a.offset - b.offset).map(withoutOffset) : all.map(withoutOffset)
}

const withoutOffset = ({ offset: _, ...problem }: Problem & { readonly offset: number }): Problem => problem

const textField = (node: RawNode, key: string): string => {
  const value = entryOf(node, key)?.value
  return value?.kind === 'text' ? value.value : ''
}

function nameOf(node: RawNode): string {
  const metadata = entryOf(node, 'metadata')?.value
  return metadata ? textField(metadata, 'name') || textField(metadata, 'generateName') : ''
}

function unknownKind(node: RawNode, kind: string, asJson: boolean, locate: (path: Path) => Position): Problem {
  if (node.kind !== 'map' && asJson) {
    const name = { bool: 'bool', number: 'number', text: 'string', list: 'array', null: 'null' }[node.kind]
    return {
      message: `json: cannot unmarshal ${name} into Go value of type v1.ObjectMeta`,
      at: locate([]),
      aborts: node.kind !== 'null',
      silentInArgo: node.kind === 'null',
      hint: 'a manifest is an object with apiVersion, kind, metadata and spec',
    }
  }
  if (node.kind !== 'map' || kind === '') {
    return {
      message: node.kind === 'map' ? 'kind is missing' : 'is not an object',
      at: locate([]),
      silentInArgo: true,
      hint: 'a manifest is an object with apiVersion, kind, metadata and spec',
    }
  }
  const kinds = resourceKinds.map((known) => known.kind)
  const near = nearest(kind, kinds)
  return {
    message: `kind "${kind}" is unknown`,
    path: 'kind',
    at: locate(['kind']),
    silentInArgo: true,
    hint: near === undefined ? `known kinds: ${kinds.join(', ')}` : `did you mean "${near}"?`,
  }
}

function jsonTree(part: DocumentText, options: ParseOptions, limits: Limits): Tree {
  const lines = new LineTable(part.text, part, { file: options.file })
  if (!isJson(part.text)) return { problem: { message: 'is not JSON', at: lines.positionOf(0), aborts: true } }
  return guarded(part.text, lines, () => jsonTreeOf(part.text, limits))
}

// Everything but tab, line ends and what Unicode counts as printable.
// eslint-disable-next-line no-control-regex
const unprintable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]|\ufeff/

function yamlTree(part: DocumentText, options: ParseOptions, limits: Limits): Tree | null {
  const text = part.text.replace(/\r(?!\n)|[\u0085\u2028\u2029]/g, '\n')
  const plain = new LineTable(text, part, { file: options.file })
  const bad = text.search(unprintable)
  if (bad !== -1) {
    const message = 'yaml: control characters are not allowed'
    return { problem: { message, at: plain.positionOf(bad), silentInArgo: true } }
  }
  const tree = guarded(text, plain, () => {
    const yaml = readYaml(text)
    const [error] = yaml.errors
    if (error) throw new TreeFault(`yaml: ${error.message}`, error.pos[0], 'Argo drops such a document silently')
    if (!yaml.document || yaml.document.contents === null) return null
    const lines = new LineTable(yaml.text, part, { file: options.file, shifts: yaml.shifts })
    return guarded(yaml.text, lines, () =>
      treeOf(yaml.document as NonNullable<typeof yaml.document>, yaml.text, limits),
    )
  })
  if ('problem' in tree) return tree
  return tree.node as Tree | null
}

/** A fault of the whole document as a problem. */
function guarded<T>(
  text: string,
  lines: LineTable,
  read: () => T,
): { readonly node: T; readonly lines: LineTable; readonly text: string } | { readonly problem: Problem } {
  try {
    return { node: read(), lines, text }
  } catch (error) {
    if (error instanceof TreeFault) {
      const { message, offset, hint } = error
      return { problem: { message, at: lines.positionOf(offset), ...(hint ? { hint } : {}), silentInArgo: true } }
    }
    if (error instanceof RangeError) {
      return {
        problem: {
          message: 'is nested too deeply',
          at: lines.positionOf(0),
          hint: 'limit maxDepth',
          silentInArgo: true,
        },
      }
    }
    throw error
  }
}

function offsetOfPath(
  root: RawNode,
  path: Path,
  within: { readonly source: string; readonly text: string | undefined },
): number {
  let node = root
  let offset = root.offset
  for (const step of path) {
    const entry = node.kind === 'map' ? entryOf(node, String(step)) : undefined
    const item = node.kind === 'list' && typeof step === 'number' ? node.items[step] : undefined
    const next = entry?.value ?? item
    if (!next) return offset
    offset = entry?.keyOffset ?? next.offset
    node = next
  }
  if (within.text === undefined || node.kind !== 'text' || node.end === undefined) return offset
  const found = within.source.indexOf(within.text, node.offset)
  return found !== -1 && found < node.end ? found : offset
}

export type DecodeResourceOptions = {
  readonly strict?: boolean
  /** Fields of the request around the object, such as `workflow`, for Go's words. */
  readonly around?: readonly string[]
}

/** An object that came as JSON over REST, read as Argo's server reads it: unknown fields are dropped unless `strict`. */
export function decodeResource<K extends Manifest['kind']>(
  kind: K,
  value: unknown,
  options: DecodeResourceOptions = {},
): { readonly manifest: Extract<Manifest, { kind: K }> | null; readonly problems: readonly Problem[] } {
  const known = resourceKinds.find((candidate) => candidate.kind === kind)
  if (!known) return { manifest: null, problems: [{ message: `kind "${kind}" is unknown` }] }
  const decoded = decode(rawOf(value), known.schema as unknown as SchemaNode, {
    strict: options.strict ?? false,
    scalarsAsText: false,
    sortKeys: false,
    ...(options.around ? { around: options.around } : {}),
  })
  if (decoded.fault) {
    return {
      manifest: null,
      problems: [{ message: decoded.fault.message, path: pathText(decoded.fault.path), aborts: true }],
    }
  }
  const manifest = { kind, resource: decoded.value } as Extract<Manifest, { kind: K }>
  const problems = decoded.unknown.map(({ path }) => ({
    message: `unknown field "${pathText(path)}"`,
    path: pathText(path),
  }))
  return { manifest, problems: options.strict ? problems : [] }
}
