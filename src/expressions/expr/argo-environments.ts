// Environments of bare expressions that hold more than JSON: a CronWorkflow's stop expression, an HTTP template's condition.

import { BYTES, goType, STRING_MAP } from './go-types.ts'
import { RFC3339 } from './time/layout.ts'
import { parseTime } from './time/parse.ts'
import { GoMap, GoPointer, GoSlice, int64, strings } from './values.ts'
import { formatValue } from '../go-format.ts'

type Fields = Readonly<Record<string, unknown>>
const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : {}

/** What a stop expression sees: counters are int64, labels a map of strings, and the annotations are the labels again. */
export function cronWorkflowEnvironment(cron: Fields): GoMap {
  const labels = new GoMap(new Map(Object.entries(fieldsOf(cron['labels']))), STRING_MAP, cron['labels'] === undefined)
  const scheduled = cron['lastScheduledTime']
  const time = typeof scheduled === 'string' ? parseTime(RFC3339, scheduled) : null
  const json = (value: unknown): Uint8Array => Buffer.from(formatValue(value ?? null).json)
  return new GoMap(
    new Map<string, unknown>([
      ['name', cron['name'] ?? ''],
      ['namespace', cron['namespace'] ?? ''],
      ['labels', labels],
      ['annotations', labels],
      ['labels.json', json(cron['labels'])],
      ['annotations.json', json(cron['annotations'])],
      ['failed', int64(BigInt(Number(cron['failed'] ?? 0)))],
      ['succeeded', int64(BigInt(Number(cron['succeeded'] ?? 0)))],
      ['lastScheduledTime', new GoPointer(goType('*time.Time'), time)],
    ]),
  )
}

/** What an HTTP template's success condition sees; header names are canonical already. */
export function httpEnvironment(env: Fields): Fields {
  const headers = (value: unknown): GoMap => {
    const entries = Object.entries(fieldsOf(value)).map(
      ([name, values]) => [name, strings(Array.isArray(values) ? values.map(String) : [])] as const,
    )
    return new GoMap(new Map(entries), goType('http.Header'))
  }
  const side = (value: unknown): Map<string, unknown> => {
    const fields = fieldsOf(value)
    const out = new Map<string, unknown>(Object.entries(fields))
    out.set('headers', headers(fields['headers']))
    if (typeof fields['statusCode'] === 'number') out.set('statusCode', BigInt(fields['statusCode']))
    return out
  }
  const request = side(env['request'])
  const body = request.get('body')
  request.set('bodyBytes', typeof body === 'string' && body !== '' ? Buffer.from(body) : new GoSlice(BYTES, null))
  return { request: new GoMap(request), response: new GoMap(side(env['response'])) }
}
