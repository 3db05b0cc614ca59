/**
 * How a pod goes on: what is started, tried again or given up next, decided from what its containers did. Pure.
 * The plan stands in a label of every container of the pod, so that a restarted daemon carries on without being asked.
 */
import type { ContainerRole, PodRequest, ProbeAction, ProbeRequest } from '../resources/index.ts'

export type PlannedContainer = {
  readonly name: string
  readonly role: ContainerRole
  readonly dependencies?: readonly string[]
  readonly tries?: number
  readonly pauseMs?: number
  readonly readinessProbe?: ProbeRequest
  readonly livenessProbe?: ProbeRequest
  readonly startupProbe?: ProbeRequest
  readonly postStart?: ProbeAction
  readonly preStop?: ProbeAction
  readonly tty?: boolean
  readonly hasMemoryLimit?: boolean
}

export type PodPlan = {
  readonly containers: readonly PlannedContainer[]
  readonly graceMs: number
  readonly deadlineMs: number | null
  /** `pool`: a recycled sandbox of the workflow; `own`: one made for this pod, removed with it. */
  readonly network: 'pool' | 'own' | 'host' | 'none'
  /** Docker volumes that live and die with the pod. */
  readonly volumes: readonly string[]
}

/** `ends`: how often this container has ended and been started again. */
export type Progress = {
  readonly state: 'created' | 'running' | 'exited'
  readonly exitCode: number
  readonly isKilledFromOutside: boolean
  /** Its command could not be executed at all: no further try of a containerSet would do better. */
  readonly isUnstartable?: boolean
  readonly restarts: number
}

export type ProgressByName = Pick<ReadonlyMap<string, Progress>, 'get'>

export type Decision = {
  readonly start: readonly PlannedContainer[]
  /** Ended, but it has tries left: start it again after its pause. */
  readonly retry: readonly PlannedContainer[]
  /** Will never be started: it gets this exit code without having run. */
  readonly giveUp: readonly { readonly name: string; readonly exitCode: number; readonly message: string }[]
  readonly isEnded: boolean
  readonly stopSidecars: boolean
}

export function planOf(pod: PodRequest, volumes: readonly string[], network: PodPlan['network']): PodPlan {
  return {
    containers: pod.containers.map((one) => {
      const { tries, pauseMs } = triesOf(one.retry, pod.restartOnFailure === true && one.role === 'main')
      return {
        name: one.name,
        role: one.role,
        dependencies: one.dependencies?.length ? one.dependencies : undefined,
        tries,
        pauseMs,
        readinessProbe: one.readinessProbe,
        livenessProbe: one.livenessProbe,
        startupProbe: one.startupProbe,
        postStart: one.lifecycle?.postStart,
        preStop: one.lifecycle?.preStop,
        tty: one.tty === true ? true : undefined,
        hasMemoryLimit: one.resources.memoryLimitBytes === undefined ? undefined : true,
      }
    }),
    graceMs: pod.terminationGraceMs,
    deadlineMs: pod.activeDeadlineMs,
    network,
    volumes,
  }
}

const restartsForEver = Number.MAX_SAFE_INTEGER

/** As kubelet does, a container that is restarted on failure waits ten seconds. */
function triesOf(
  retry: { readonly tries: number; readonly pauseMs: number } | undefined,
  restartOnFailure: boolean,
): Pick<PlannedContainer, 'tries' | 'pauseMs'> {
  if (retry && retry.tries > 1) return { tries: retry.tries, pauseMs: retry.pauseMs }
  return restartOnFailure ? { tries: restartsForEver, pauseMs: 10_000 } : {}
}

/** Of a container that has ended. Argo's wrapper looks for the command before its first try, and tries nothing without it. */
function triesLeft(
  { tries = 1 }: PlannedContainer,
  { exitCode, isUnstartable, restarts }: Omit<Tried, 'state'>,
): number {
  if (exitCode === 0 || (isUnstartable === true && tries !== restartsForEver)) return 0
  return Math.max(0, tries - 1 - restarts)
}

type Tried = Pick<Progress, 'state' | 'exitCode' | 'isUnstartable' | 'restarts'>

/** Between two tries of a containerSet's member: to the outside it runs all the while, as Argo's wrapper does. */
export function isBetweenTries(planned: PlannedContainer, progress: Tried): boolean {
  if (planned.tries === undefined || planned.tries === restartsForEver) return false
  if (progress.state === 'created') return progress.restarts > 0
  return progress.state === 'exited' && triesLeft(planned, progress) > 0
}

export const encodePlan = (plan: PodPlan): string => JSON.stringify(plan)

/** `null` for a label that no version of ours wrote. */
export function decodePlan(text: string | undefined): PodPlan | null {
  if (text === undefined) return null
  try {
    const plan = JSON.parse(text) as PodPlan
    return Array.isArray(plan.containers) && Array.isArray(plan.volumes) ? plan : null
  } catch {
    return null
  }
}

const nothing: Decision = { start: [], retry: [], giveUp: [], isEnded: false, stopSidecars: false }

/** @param progress of every planned container, by name */
export function decide(plan: PodPlan, progress: ProgressByName, isStopping: boolean): Decision {
  const [only] = plan.containers
  if (only?.role === 'main' && plan.containers.length === 1 && only.dependencies === undefined && !isStopping)
    return decideOnly(only, progress.get(only.name))
  const of = (name: string): Progress =>
    progress.get(name) ?? { state: 'created', exitCode: 0, isKilledFromOutside: false, restarts: 0 }
  for (const init of plan.containers.filter((one) => one.role === 'init')) {
    const { state, exitCode } = of(init.name)
    if (state === 'exited' && exitCode === 0) continue
    if (state === 'exited' || (state === 'created' && isStopping)) return endedEarly(plan, of, isStopping)
    return state === 'running' ? nothing : { ...nothing, start: [init] }
  }
  return decideMains(plan, of, isStopping)
}

/** Most pods have nothing else. */
function decideOnly(main: PlannedContainer, now: Progress | undefined): Decision {
  if (now === undefined || now.state === 'created') return { ...nothing, start: [main] }
  if (now.state === 'running') return nothing
  return triesLeft(main, now) === 0 ? ended : { ...nothing, retry: [main] }
}
const ended: Decision = { ...nothing, isEnded: true }

/** An init container failed, or the pod was stopped before its mains: they never run. */
function endedEarly(plan: PodPlan, of: (name: string) => Progress, isStopping: boolean): Decision {
  const giveUp = isStopping ? plan.containers.filter((one) => of(one.name).state === 'created') : []
  return { ...nothing, isEnded: true, giveUp: giveUp.map((one) => ({ name: one.name, exitCode: 143, message: '' })) }
}

function decideMains(plan: PodPlan, of: (name: string) => Progress, isStopping: boolean): Decision {
  const start: PlannedContainer[] = []
  const retry: PlannedContainer[] = []
  const giveUp: { name: string; exitCode: number; message: string }[] = []
  let isEnded = true
  for (const main of plan.containers.filter((one) => one.role === 'main')) {
    const now = of(main.name)
    if (now.state === 'exited') {
      if (triesLeft(main, now) === 0 || isStopping) continue
      retry.push(main)
    } else if (now.state === 'created') {
      const fate = isStopping ? { exitCode: 143, message: '' } : fateByDependencies(main, of, plan)
      if (fate === 'start') start.push(main)
      else if (fate !== 'wait') giveUp.push({ name: main.name, ...fate })
    }
    isEnded = false
  }
  const sidecars = plan.containers.filter((one) => one.role === 'sidecar')
  if (isStopping || isEnded) {
    const unborn = sidecars.filter((one) => of(one.name).state === 'created')
    giveUp.push(...unborn.map((one) => ({ name: one.name, exitCode: 143, message: '' })))
  } else {
    start.push(...sidecars.filter((one) => of(one.name).state === 'created'))
  }
  return {
    start,
    retry,
    giveUp,
    isEnded,
    stopSidecars: isEnded && sidecars.some((one) => of(one.name).state === 'running'),
  }
}

type Fate = 'start' | 'wait' | { readonly exitCode: number; readonly message: string }

/**
 * A member of a containerSet runs once all it depends on ended with 0. After another code it never runs and has Argo's 64;
 * where the other was killed from outside its code was never written down, and the waiting one is seen to be terminated (143).
 */
function fateByDependencies(main: PlannedContainer, of: (name: string) => Progress, plan: PodPlan): Fate {
  let isWaiting = false
  for (const name of main.dependencies ?? []) {
    const dependency = of(name)
    const planned = plan.containers.find((one) => one.name === name)
    const hasTries = planned !== undefined && triesLeft(planned, dependency) > 0
    if (dependency.state !== 'exited' || hasTries) {
      isWaiting = true
      continue
    }
    if (dependency.exitCode === 0) continue
    if (dependency.isKilledFromOutside) return { exitCode: 143, message: '' }
    return { exitCode: 64, message: `dependency "${name}" exited with non-zero code: ${dependency.exitCode}` }
  }
  return isWaiting ? 'wait' : 'start'
}
