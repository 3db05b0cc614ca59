/** The end of a container as Argo's wrapper and kubelet would tell it. Pure. */
import type { LogFrame } from './log-frames.ts'

export type Exit = { readonly exitCode: number; readonly reason: string; readonly message?: string }

export function exitOf(exitCode: number, isOomKilled: boolean): Exit {
  if (exitCode === 0) return { exitCode, reason: 'Completed' }
  if (isOomKilled && exitCode === 137) return { exitCode, reason: 'OOMKilled' }
  return { exitCode, reason: 'Error' }
}

const notInPath = 'failed to find name in PATH: '
/** The reason of a container that the engine refused to start. */
export const cannotRun = 'ContainerCannotRun'

/** The reason of one whose end nobody saw. */
export const unknownReason = 'ContainerStatusUnknown'

/** Whether the command was never executed, because there is none or the engine could not start it. */
export const isUnstartable = ({ reason, message }: Exit): boolean =>
  reason === cannotRun || message?.startsWith(notInPath) === true

/** The exit codes with which docker-init says that the command could not be executed; a command may use them too. */
export const mayBeExecFailure = (exitCode: number): boolean => exitCode === 126 || exitCode === 127

const initComplaint = /^\[FATAL tini \(\d+\)\] exec (.*) failed: (.*?)\r?\n?$/s

/** Argo's message where docker-init could not execute the command, else `null`. */
export function execFailure(frames: readonly LogFrame[]): string | null {
  const match = initComplaint.exec(frames.at(-1)?.content.toString('utf8') ?? '')
  if (match?.[1] === undefined) return null
  return `${notInPath}${lookPathError(match[1], match[2] ?? '')}`
}

/** As Go's `exec.LookPath` words it. */
function lookPathError(name: string, reason: string): string {
  const quoted = JSON.stringify(name)
  if (/permission denied/i.test(reason)) return `exec: ${quoted}: permission denied`
  if (!/no such file/i.test(reason)) return `fork/exec ${name}: ${reason.toLowerCase()}`
  return name.includes('/')
    ? `exec: ${quoted}: stat ${name}: no such file or directory`
    : `exec: ${quoted}: executable file not found in $PATH`
}

/** The complaint of docker-init gives way to what Argo's wrapper prints. */
export function withoutInitComplaint(frames: readonly LogFrame[]): readonly LogFrame[] {
  const message = execFailure(frames)
  const last = frames.at(-1)
  if (message === null || !last) return frames
  const line = (text: string): LogFrame => ({ stream: 2, stamp: last.stamp, content: Buffer.from(`${text}\n`) })
  return [...frames.slice(0, -1), line(`Error: ${message}`), line(message)]
}

/** The kernel took no argument list like this (a NUL in it): the wrapper itself could not be started, and says no more. */
const notExecuted = /^exec \/sbin\/docker-init: /

/** Argo's wrapper closes the log of a command that failed with its exit status, on standard error. */
export function withExitStatus(frames: readonly LogFrame[], exitCode: number, endedAtMs: number): readonly LogFrame[] {
  const text = `Error: exit status ${exitCode}\n`
  const last = frames.at(-1)
  const lastText = last?.content.toString('utf8')
  if (lastText === text) return frames
  if (last !== undefined && lastText !== undefined && frames.length === 1 && notExecuted.test(lastText))
    return [{ ...last, content: Buffer.from(lastText.replace(notExecuted, 'exec /var/run/argo/argoexec: ')) }]
  return [...frames, { stream: 2, stamp: last?.stamp ?? new Date(endedAtMs).toISOString(), content: Buffer.from(text) }]
}
