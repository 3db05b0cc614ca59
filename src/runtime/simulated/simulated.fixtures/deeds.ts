/** Deeds of the runtime contract for simulated containers: they travel in the environment, as a shell command does to Docker. */
import type { ContainerRequest, PodRequest } from '../../../resources/index.ts'
import type { Deed } from '../../runtime.contract.ts'
import type { ContainerScript, PodScript } from '../script.ts'

/** JSON has no `Infinity`. */
type SentDeed = Deed & { readonly forEver?: boolean }

export const doing = (deed: Deed): Partial<ContainerRequest> => {
  const sent: SentDeed = { ...deed, forEver: deed.lastsMs === Infinity }
  return { env: [{ name: 'DEED', value: JSON.stringify(sent) }] }
}

export const scriptOf = (pod: PodRequest): PodScript => ({
  containers: Object.fromEntries(pod.containers.map((one) => [one.name, containerScript(one)])),
})

function containerScript({ env }: ContainerRequest): ContainerScript {
  const text = env.find(({ name }) => name === 'DEED')?.value ?? '{}'
  const { lastsMs, forEver, ignoresTerm, shows, exitCode, prints, complains, writes } = JSON.parse(text) as SentDeed
  const durationMs = forEver === true ? Infinity : (lastsMs ?? 0)
  return {
    durationMs,
    ignoresTerm,
    run: (read) => {
      const shown = shows === undefined ? null : read(shows)
      if (shows !== undefined && shown === null) return { exitCode: 1 }
      const stdout = (shown ? Buffer.from(shown).toString() : '') + (prints ?? '')
      return { durationMs, ignoresTerm, exitCode, stdout, stderr: complains, files: writes }
    },
  }
}
