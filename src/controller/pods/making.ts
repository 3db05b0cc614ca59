/** The containers of a pod and the files in them: what is asked for, made before it is asked for or when it is. */
import type { PodPlan } from '../../engine/index.ts'
import type { PodIdentity, PodRequest } from '../../resources/index.ts'
import { WorldError } from '../../resources/index.ts'
import { backOffMs, isEngineFault, isRetryable, persevere, pullBackOff, quickBackOff } from '../back-off.ts'
import type { PodParts } from './pod-parts.ts'
import { Refused } from './refused.ts'
import { podRequest } from './request.ts'
import { needOf } from './space.ts'
import { needsStaging, stage } from './stage.ts'
import { transferOf } from './transfer.ts'

/** Containers made before they were asked for. */
export type Prepared = {
  readonly key: string
  readonly done: Promise<boolean>
  readonly endpoint: string | undefined
  isStaged: boolean
}

export type Making = {
  readonly plan: PodPlan
  readonly parts: PodParts
  readonly ahead: Prepared | null
  /** Of a first attempt at making the containers. */
  readonly failure: Error | undefined
  readonly signal: AbortSignal
  /** Tells what is waited for. */
  readonly wait: (message: string) => void
  readonly pause: (ms: number) => Promise<void>
}

/** @throws NotYet where something that it refers to is missing */
export function requestOf(plan: PodPlan, parts: PodParts, endpoint?: string): PodRequest {
  const { lookups, host, config, clock, scheduling } = parts
  const facts = endpoint === undefined || scheduling === null ? host() : scheduling.hostOf(endpoint)
  const context = { lookups, host: facts, pullPolicy: config.pullPolicy, now: clock.now() }
  const request = podRequest(plan, context)
  return endpoint === undefined ? request : { ...request, endpoint }
}

/** `null` where it cannot be made yet, or where it will run depends on what comes. */
export function requestAhead(plan: PodPlan, parts: PodParts): PodRequest | null {
  const { scheduling, capacity } = parts
  try {
    const request = requestOf(plan, parts)
    if (scheduling === null) return request
    if (request.volumes.some(({ kind }) => kind === 'claim')) return null
    const endpoint = capacity.suggest(needOf(request), () => scheduling.choose(plan, request, null))
    return endpoint === null ? null : requestOf(plan, parts, endpoint)
  } catch {
    return null
  }
}

/** Begins to create the containers before they are asked for. What fails is tried again when they are. */
export function prepareAhead(plan: PodPlan, parts: PodParts, request: PodRequest, signal: AbortSignal): Prepared {
  const { endpoint } = request
  const prepared = { key: keyOf(request), isStaged: false, done: Promise.resolve(false), endpoint }
  const work = async (): Promise<boolean> => {
    try {
      await create(parts, request, signal)
      if (plan.inputArtifacts.length === 0) {
        if (needsStaging(plan)) await stage(plan, request, transferOf(plan, parts), signal)
        prepared.isStaged = true
      }
      return true
    } catch {
      return false
    }
  }
  prepared.done = work()
  return prepared
}

/** Containers and the files in them, tried again for as long as what fails may pass. */
export async function make(request: PodRequest, making: Making): Promise<void> {
  const { plan } = making
  const isStaged = await prepare(request, making)
  if (!isStaged && needsStaging(plan)) await putFiles(request, making)
}

/** Times that a pod is made anew of which what stands cannot be started. */
const remakesMost = 3
/** Refusals to remove a pod after which its step ends all the same. */
const removalsMost = 5

export const isUnstartable = (error: unknown): error is WorldError =>
  error instanceof WorldError && error.code === 'POD_UNSTARTABLE'

/**
 * What stands of the pod cannot be started, and nothing of it has run.
 * @param times it has been made anew before
 * @throws `fault` as one that does not pass, where that has not helped
 */
export async function makeAnew(request: PodRequest, making: Making, fault: WorldError, times: number): Promise<void> {
  if (times >= remakesMost) throw new WorldError(fault.code, fault.message, { retryable: false, cause: fault })
  const { parts, signal } = making
  const { workflowName: workflow, namespace, workflowUid: uid, nodeId: node } = request.identity
  parts.log.warn({ workflow, namespace, uid, node, error: fault.message }, 'a pod that cannot be started is made anew')
  await persevere(() => parts.runtime.remove(request.identity.id, signal), { clock: parts.clock, signal })
  await make(request, making)
}

/** Removes what another process has made, where we lead. What the engine does not get rid of is left for later. */
export async function removeLeft(parts: PodParts, identity: PodIdentity, signal: AbortSignal): Promise<void> {
  const { clock, log, runtime, confirm } = parts
  const { id, workflowName: workflow, namespace, workflowUid: uid, nodeId: node } = identity
  const remove = async () => {
    if (confirm !== null) await confirm()
    await runtime.remove(id, signal)
  }
  try {
    await persevere(remove, { clock, signal, triesMax: removalsMost, isUncounted: isEngineFault })
  } catch (error) {
    if (!signal.aborted)
      log.warn({ workflow, namespace, uid, node, error: String(error) }, 'a pod could not be removed')
  }
}

export async function create(parts: PodParts, request: PodRequest, signal: AbortSignal): Promise<void> {
  if (parts.confirm !== null) await parts.confirm()
  signal.throwIfAborted()
  await parts.runtime.prepare(request, signal)
}

/** Whether the files are in the containers already. */
async function prepare(request: PodRequest, making: Making): Promise<boolean> {
  const { parts, ahead, failure, signal, wait, pause } = making
  if (ahead !== null && (await ahead.done)) {
    if (ahead.key === keyOf(request)) return ahead.isStaged
    const patience = { clock: parts.clock, signal }
    if (ahead.endpoint === request.endpoint)
      await persevere(() => parts.runtime.remove(request.identity.id, signal), patience)
  }
  for (let failures = 1; ; failures += 1) {
    signal.throwIfAborted()
    try {
      if (failures === 1 && failure !== undefined) throw failure
      await create(parts, request, signal)
      return false
    } catch (error) {
      signal.throwIfAborted()
      const isPull = error instanceof WorldError && error.code === 'IMAGE_PULL'
      if (!isPull && !isRetryable(error)) throw error
      if (isPull) wait(/^[A-Z][A-Za-z]+: /.test(error.message) ? error.message : `ImagePullBackOff: ${error.message}`)
      else wait(`ContainerCreating: ${error instanceof Error ? error.message : String(error)}`)
      await pause(backOffMs(isPull ? pullBackOff : quickBackOff, failures))
    }
  }
}

async function putFiles(request: PodRequest, { plan, parts, signal }: Making): Promise<void> {
  try {
    await stage(plan, request, transferOf(plan, parts), signal)
  } catch (error) {
    signal.throwIfAborted()
    const stageError = error instanceof Error ? error.message : String(error)
    throw Object.assign(new Refused(stageError), { stageError })
  }
}

/** Two requests of one key make the same containers. */
function keyOf(request: PodRequest): string {
  const containers = request.containers.map((container) => ({
    ...container,
    env: container.env.filter(({ name }) => name !== 'ARGO_DEADLINE'),
  }))
  return JSON.stringify({ ...request, containers })
}
