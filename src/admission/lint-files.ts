/** `drydock lint`: the files of one call, checked together as Argo's lint checks them, so that they may refer to each other. */
import type { ClusterWorkflowTemplate, WorkflowTemplate } from '../resources/index.ts'
import type { Limits } from './limits.ts'
import { type ParsedDocument, parseManifests } from './parse.ts'
import type { SecurityPolicy } from './policy.ts'
import type { Problem } from './problem.ts'
import {
  type ValidateOptions,
  validateClusterWorkflowTemplate,
  validateCronWorkflow,
  validateEventBinding,
  validateWorkflow,
  validateWorkflowTemplate,
} from './validate.ts'
import type { TemplateLookup } from './validate/context.ts'

export type LintSource = { readonly file: string; readonly text: string | Uint8Array }

export type LintOptions = {
  /** Unknown fields and double keys are errors (the default). */
  readonly strict?: boolean
  readonly limits?: Limits
  readonly policy?: SecurityPolicy
  /** Templates that are not among the files. */
  readonly lookup?: TemplateLookup
}

export type LintResult = {
  readonly file: string
  /** In Argo's words, `in "NAME" (Kind): …`. */
  readonly findings: readonly Problem[]
  /** What Argo passes over in silence while something else in the file is good, and what only our policy refuses. */
  readonly warnings: readonly Problem[]
  /** Whether the file holds an object that can be linted. */
  readonly isLinted: boolean
}

export type LintReport = { readonly results: readonly LintResult[]; readonly success: boolean }

type ReadFile = {
  readonly file: string
  readonly documents: readonly ParsedDocument[]
  readonly problems: readonly Problem[]
}

const lintedKinds = ['Workflow', 'WorkflowTemplate', 'ClusterWorkflowTemplate', 'CronWorkflow']

export function lintFiles(sources: readonly LintSource[], options: LintOptions = {}): LintReport {
  const { strict = true, limits } = options
  const files = sources.map(({ file, text }): ReadFile => {
    // Argo's lint, unlike its folder of examples, wants a text where a text is wanted.
    const parsed = parseManifests(text, { file, strict, scalarsAsText: false, ...(limits ? { limits } : {}) })
    const own = new Set(parsed.documents.flatMap((document) => document.problems))
    return { file, documents: parsed.documents, problems: parsed.problems.filter((problem) => !own.has(problem)) }
  })
  const { lookup, doubles } = templatesOf(files, options.lookup)
  const results = files.map((file) => lintFile(file, { ...options, lookup }, doubles))
  const isClean = results.every(({ findings }) => findings.length === 0)
  return { results, success: isClean && results.some(({ isLinted }) => isLinted) }
}

type Templates = { readonly lookup: TemplateLookup; readonly doubles: ReadonlyMap<ParsedDocument, Problem> }

function templatesOf(files: readonly ReadFile[], others: TemplateLookup | undefined): Templates {
  const templates = new Map<string, WorkflowTemplate>()
  const clusterTemplates = new Map<string, ClusterWorkflowTemplate>()
  const doubles = new Map<ParsedDocument, Problem>()
  for (const document of files.flatMap((file) => file.documents)) {
    const { manifest } = document
    if (manifest?.kind !== 'WorkflowTemplate' && manifest?.kind !== 'ClusterWorkflowTemplate') continue
    const { name = '', namespace = '' } = manifest.resource.metadata
    const isCluster = manifest.kind === 'ClusterWorkflowTemplate'
    const key = isCluster ? name : `${namespace}/${name}`
    const known: Map<string, WorkflowTemplate | ClusterWorkflowTemplate> = isCluster ? clusterTemplates : templates
    if (known.has(key)) {
      const message = `duplicate ${manifest.kind} found: "${name}"`
      doubles.set(document, { message, path: 'metadata.name', at: document.locate(['metadata', 'name']), aborts: true })
    } else known.set(key, manifest.resource)
  }
  const lookup: TemplateLookup = {
    workflowTemplate: (name, namespace) =>
      templates.get(`${namespace}/${name}`) ?? others?.workflowTemplate(name, namespace),
    clusterWorkflowTemplate: (name) => clusterTemplates.get(name) ?? others?.clusterWorkflowTemplate(name),
  }
  return { lookup, doubles }
}

type FileOptions = LintOptions & { readonly lookup: TemplateLookup }

function lintFile(file: ReadFile, options: FileOptions, doubles: ReadonlyMap<ParsedDocument, Problem>): LintResult {
  const checked = file.documents.map((document) => {
    const double = doubles.get(document)
    return { document, problems: double ? [double] : lintDocument(document, options) }
  })
  const isSilent = (problems: readonly Problem[]) => problems.some((problem) => problem.silentInArgo)
  const spoken = checked.filter(({ problems }) => !isSilent(problems))
  const silent = [
    ...file.problems,
    ...checked.filter(({ problems }) => isSilent(problems)).flatMap(({ problems }) => problems),
  ]
  const said = spoken.flatMap(({ problems }) => problems)
  const findings = said.filter(({ rule }) => rule === undefined)
  const policy = said.filter(({ rule }) => rule !== undefined)
  const isLinted = spoken.some(({ document }) => lintedKinds.includes(document.kind))
  const isAlone = spoken.length === 0
  return {
    file: file.file,
    findings: isAlone ? silent : findings,
    warnings: isAlone ? [] : [...silent, ...policy],
    isLinted,
  }
}

function lintDocument(document: ParsedDocument, options: FileOptions): readonly Problem[] {
  const broken = document.problems.filter(({ aborts, silentInArgo }) => aborts ?? silentInArgo)
  if (broken.length > 0 || document.manifest === null) return document.problems
  const validated = validate(document, options).map((problem) => inObject(document, problem))
  const [first, ...others] = document.problems.toSorted(byPlace)
  if (!first) return validated
  const message = `strict decoding error: ${document.problems.map((problem) => problem.message).join(', ')}`
  const parts = others.length > 0 ? { parts: [first, ...others] } : {}
  const unknown = inObject(document, { ...first, message, ...parts })
  return [unknown, ...validated.filter((problem) => !isConsequence(problem, document.problems))]
}

const byPlace = ({ at: a }: Problem, { at: b }: Problem): number =>
  (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0)

/** What is said to be missing may well be what is misspelt below it. */
const isConsequence = ({ path = '' }: Problem, unknown: readonly Problem[]): boolean =>
  unknown.some((field) => (field.path ?? '').startsWith(`${path}.`) || path === '')

function inObject(document: ParsedDocument, problem: Problem): Problem {
  const name = document.name === '' ? `object #${document.index + 1}` : document.name
  return { ...problem, message: `in "${name}" (${document.kind}): ${problem.message}` }
}

function validate({ manifest, locate }: ParsedDocument, { lookup, policy }: FileOptions): Problem[] {
  const options: ValidateOptions = { mode: 'lint', lookup, locate, ...(policy ? { policy } : {}) }
  switch (manifest?.kind) {
    case 'Workflow':
      return validateWorkflow(manifest.resource, options)
    case 'WorkflowTemplate':
      return validateWorkflowTemplate(manifest.resource, options)
    case 'ClusterWorkflowTemplate':
      return validateClusterWorkflowTemplate(manifest.resource, options)
    case 'CronWorkflow':
      return validateCronWorkflow(manifest.resource, options)
    case 'WorkflowEventBinding':
      return validateEventBinding(manifest.resource, options)
    default:
      return []
  }
}
