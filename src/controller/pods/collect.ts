/** What a pod leaves behind: output parameters, result, artifacts and logs; all are tried, whatever main's exit code. */
import type { PodPlan } from '../../engine/index.ts'
import type { PodResult } from '../../engine/observations.ts'
import { WorldError } from '../../resources/index.ts'
import type { Artifact, Parameter, PodState } from '../../resources/index.ts'
import type { LogLine, Runtime } from '../../runtime/port.ts'
import { persevere } from '../back-off.ts'
import { progressFile, mayReportProgress } from './argo-env.ts'
import { firstFile } from './tar.ts'
import type { TransferParts } from './transfer.ts'
import { transfer } from './transfer.ts'

const resultBytesMax = 256 * 1024
/** Kubernetes has no room for more than this in a status; far below what memory could bear. */
const parameterBytesMax = 1024 * 1024

/**
 * What went wrong first stands in `collectError`, in the words of Argo's `wait` container, which tells no more than that.
 * Parameters after one that fails are not read. @throws WorldError POD_GONE, and nothing else: its containers have gone
 */
export async function collect(
  plan: PodPlan,
  state: PodState,
  parts: TransferParts,
  signal: AbortSignal,
): Promise<PodResult> {
  const bare: PodResult = { state, parameters: [], artifacts: [] }
  const hasRun = state.containers.some(
    (container) => plan.mains.includes(container.name) && container.startedAt !== undefined,
  )
  if (!hasRun && state.containers.length > 0) return bare
  if (!leavesAnything(plan)) return bare
  const errors: string[] = []
  const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work()
    } catch (error) {
      signal.throwIfAborted()
      if (isGone(error)) throw error
      errors.push(error instanceof Error ? error.message : String(error))
      return undefined
    }
  }
  const result = plan.captureResult ? await attempt(() => readResult(plan, parts, signal)) : undefined
  const parameters: Parameter[] = []
  for (const wanted of plan.outputParameters) {
    const value = await attempt(() => readParameter(plan, wanted, parts, signal))
    if (value === undefined) break
    parameters.push({ name: wanted.name, value })
  }
  const artifacts: Artifact[] = []
  const artifactErrors: string[] = []
  for (const artifact of plan.outputArtifacts) {
    try {
      const saved = await saveArtifact(plan, artifact, parts, signal)
      if (saved !== null) artifacts.push(saved)
    } catch (error) {
      signal.throwIfAborted()
      if (isGone(error)) throw error
      artifactErrors.push(error instanceof Error ? error.message : String(error))
    }
  }
  if (artifactErrors.length > 0) errors.push(artifactErrors.map((text) => `${text}; `).join(''))
  for (const { container, artifact } of plan.logArtifacts) {
    const saved = await attempt(() => saveLog(plan, container, artifact, parts, signal))
    if (saved !== undefined) artifacts.push(saved)
  }
  const progress = mayReportProgress(plan) ? await readProgress(plan, parts.runtime, signal).catch(() => null) : null
  return {
    state,
    parameters,
    artifacts,
    ...(result === undefined ? {} : { result }),
    ...(errors[0] === undefined ? {} : { collectError: errors[0] }),
    ...(progress === null ? {} : { progress }),
  }
}

const isGone = (error: unknown): boolean => error instanceof WorldError && error.code === 'POD_GONE'

export const leavesAnything = (plan: PodPlan): boolean =>
  plan.captureResult ||
  plan.outputParameters.length > 0 ||
  plan.outputArtifacts.length > 0 ||
  plan.logArtifacts.length > 0 ||
  mayReportProgress(plan)

/** The container outputs are read from: `main`, or the only one there is. */
const mainOf = (plan: PodPlan): string => (plan.mains.includes('main') ? 'main' : (plan.mains[0] ?? 'main'))

async function readResult(plan: PodPlan, { runtime, clock }: TransferParts, signal: AbortSignal): Promise<string> {
  const read = () => runtime.readStdout(plan.identity.id, mainOf(plan), resultBytesMax, signal)
  const bytes = await persevere(read, { clock, signal })
  return withoutLastNewline(new TextDecoder().decode(bytes))
}

async function readParameter(
  plan: PodPlan,
  wanted: PodPlan['outputParameters'][number],
  { runtime, clock }: TransferParts,
  signal: AbortSignal,
): Promise<string> {
  const place = isShared(plan, wanted.path) ? sharedFolder : '/var/run/argo/outputs/parameters'
  const missing = `open ${place}${wanted.path}: no such file or directory`
  const read = async () => {
    const tar = await runtime.readFiles(plan.identity.id, mainOf(plan), wanted.path, signal)
    return tar === null ? null : firstFile(tar, parameterBytesMax)
  }
  let found = await persevere(read, { clock, signal })
  if (found?.kind === 'link') {
    const base = wanted.path.slice(0, wanted.path.lastIndexOf('/') + 1)
    const target = found.target.startsWith('/') ? found.target : base + found.target
    const tar = await runtime.readFiles(plan.identity.id, mainOf(plan), target, signal)
    found = tar === null ? null : await firstFile(tar, parameterBytesMax)
  }
  if (found?.kind === 'file') return withoutLastNewline(new TextDecoder().decode(found.content))
  if (found?.kind === 'tooLarge')
    throw new Error(
      `output parameter ${wanted.name}: ${wanted.path} has ${found.sizeBytes} bytes, more than ${parameterBytesMax}`,
    )
  if (wanted.default !== undefined) return wanted.default
  throw new Error(found?.kind === 'folder' ? `read ${wanted.path}: is a directory` : missing)
}

/** `null`: it is optional and not there. */
async function saveArtifact(
  plan: PodPlan,
  artifact: Artifact,
  parts: TransferParts,
  signal: AbortSignal,
): Promise<Artifact | null> {
  const { runtime, artifacts, clock, context } = parts
  const path = artifact.path ?? ''
  const attempt = async () => {
    const tar = await runtime.readFiles(plan.identity.id, mainOf(plan), path, signal)
    if (tar === null) {
      if (artifact.optional === true) return null
      throw new Error(missingArtifact(plan, artifact))
    }
    return artifacts.save(tar, artifact, { ...context, signal })
  }
  return transfer(attempt, clock, signal)
}

/** Where Argo's `wait` container sees the volumes of main. */
const sharedFolder = '/mainctrfs'

/** Whether Argo would read the path from a volume that main shares with `wait`, and not from what main's wrapper copied. */
function isShared({ spec, inputArtifacts, mains }: PodPlan, path: string): boolean {
  const main = spec.containers.find(({ name }) => name === (mains.includes('main') ? 'main' : mains[0]))
  const isWithin = (folder: string) => `${path}/`.startsWith(`${folder.replace(/\/+$/, '')}/`)
  return (
    (main?.volumeMounts ?? []).some(({ mountPath }) => isWithin(mountPath)) ||
    inputArtifacts.some((artifact) => artifact.path !== undefined && isWithin(artifact.path))
  )
}

function missingArtifact(plan: PodPlan, artifact: Artifact): string {
  const path = (artifact.path ?? '').replace(/\/+$/, '')
  if (!isShared(plan, path)) return `open /var/run/argo/outputs/artifacts${path}.tgz: no such file or directory`
  return artifact.archive?.none === undefined
    ? `stat ${sharedFolder}${path}: no such file or directory`
    : `${path} no such file or directory`
}

async function saveLog(
  plan: PodPlan,
  container: string,
  artifact: Artifact,
  parts: TransferParts,
  signal: AbortSignal,
): Promise<Artifact> {
  const { runtime, artifacts, clock, context } = parts
  const attempt = () =>
    artifacts.saveBytes(textOf(runtime.logs(plan.identity.id, container, {}, signal)), artifact, { ...context, signal })
  return transfer(attempt, clock, signal)
}

async function* textOf(lines: AsyncIterable<LogLine>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  for await (const { text } of lines) yield encoder.encode(`${text}\n`)
}

/** The last `n/m` line of the progress file, or `null`. */
export async function readProgress(plan: PodPlan, runtime: Runtime, signal: AbortSignal): Promise<string | null> {
  const tar = await runtime.readFiles(plan.identity.id, mainOf(plan), progressFile, signal)
  if (tar === null) return null
  const found = await firstFile(tar, parameterBytesMax)
  if (found.kind !== 'file') return null
  const lines = new TextDecoder().decode(found.content).trim().split('\n')
  const last = lines.at(-1)?.trim() ?? ''
  return /^\d+\/[1-9]\d*$/.test(last) ? last : null
}

const withoutLastNewline = (text: string): string => (text.endsWith('\n') ? text.slice(0, -1) : text)
