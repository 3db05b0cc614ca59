import { expect, it } from 'vitest'
import { silentLog } from '../controller/index.ts'
import { openLogs, SecretValues } from '../telemetry/index.ts'
import { logLevelSwitch } from './log-levels.ts'

const configured = { level: 'info', format: 'json', components: { docker: 'warn' } } as const
function open() {
  const logs = openLogs(configured, { write: () => undefined }, new SecretValues())
  return { logs, levels: logLevelSwitch(logs, () => configured, silentLog) }
}

it('sets the level of everything, or of one component, and goes back to the settings', () => {
  const { logs, levels } = open()
  expect(levels.set({ level: 'error' })).toBeNull()
  expect(levels.set({ level: 'debug', component: 'cron' })).toBeNull()
  expect(logs.levels()).toEqual({ level: 'error', components: { docker: 'warn', cron: 'debug' } })
  expect(levels.set({ level: '', component: 'docker' })).toBeNull()
  expect(logs.levels().components).toEqual({ cron: 'debug' })
  levels.reset()
  expect(logs.levels()).toMatchObject({ level: 'info', components: { docker: 'warn' } })
})

it.each([
  [{ level: 'loud' }, /unknown level loud: it is one of debug, info/],
  [{ level: 'debug', component: '__proto__' }, /component must be a name/],
])('refuses %j', (change, words) => {
  const { logs, levels } = open()
  expect(levels.set(change)).toMatch(words)
  expect(logs.levels()).toMatchObject({ level: 'info' })
})

it('logs everything at a signal, and as before at the next', () => {
  const { logs, levels } = open()
  levels.set({ level: 'warn' })
  levels.toggleDebug()
  expect(logs.levels()).toEqual({ level: 'debug', components: {} })
  levels.toggleDebug()
  expect(logs.levels()).toEqual({ level: 'warn', components: { docker: 'warn' } })
})
