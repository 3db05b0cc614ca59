/** The http template: one request, judged by its status or a condition (semantics-templates.md §4.2). */
import type { TaskResult } from '../../engine/index.ts'
import { evaluateCondition, httpEnvironment } from '../../expressions/index.ts'
import type { HTTP } from '../../resources/index.ts'
import type { Lookups } from '../pods/lookups.ts'
import { secretValue } from '../objects.ts'
import type { HttpAnswer, HttpCall } from './http-client.ts'
import { canonical, httpCall } from './http-client.ts'

export async function runHttp(
  http: HTTP,
  where: { readonly namespace: string; readonly lookups: Lookups },
  signal: AbortSignal,
): Promise<TaskResult> {
  const headers: { name: string; value: string }[] = []
  for (const { name, value, valueFrom } of http.headers ?? []) {
    const reference = valueFrom?.secretKeyRef
    if (reference === undefined) {
      headers.push({ name, value: value ?? '' })
      continue
    }
    const secret = where.lookups.secret(where.namespace, reference.name ?? '')
    const bytes = secretValue(secret, reference.key)
    if (bytes !== null) headers.push({ name, value: new TextDecoder().decode(bytes) })
    else if (reference.optional !== true)
      return {
        phase: 'Failed',
        message:
          secret === null
            ? `secrets "${reference.name ?? ''}" not found`
            : `key ${reference.key} not found in secret ${reference.name ?? ''}`,
      }
  }
  const fromBytes = http.bodyFrom?.bytes
  const call: HttpCall = {
    method: http.method || 'GET',
    url: http.url,
    headers,
    body: fromBytes ? Buffer.from(fromBytes, 'base64') : Buffer.from(http.body ?? ''),
    insecureSkipVerify: http.insecureSkipVerify === true,
    timeoutMs: http.timeoutSeconds ? Number(http.timeoutSeconds) * 1000 : null,
  }
  try {
    return judge(http, call, await httpCall(call, signal))
  } catch (error) {
    signal.throwIfAborted()
    return { phase: 'Failed', message: error instanceof Error ? error.message : String(error) }
  }
}

function judge(http: HTTP, call: HttpCall, answer: HttpAnswer): TaskResult {
  const body = new TextDecoder().decode(answer.body)
  const outputs = { result: body }
  if (!http.successCondition) {
    if (answer.status >= 200 && answer.status < 300) return { phase: 'Succeeded', outputs }
    return { phase: 'Failed', message: `received non-2xx response code: ${answer.status}`, outputs }
  }
  const requestHeaders: Record<string, string[]> = {}
  for (const { name, value } of call.headers) (requestHeaders[canonical(name)] ??= []).push(value)
  const env = httpEnvironment({
    request: { method: call.method, url: call.url, body: http.body ?? '', headers: requestHeaders },
    response: { statusCode: answer.status, body, headers: answer.headers },
  })
  const verdict = evaluateCondition(http.successCondition, env)
  if (!verdict.ok) return { phase: 'Failed', message: verdict.error }
  if (verdict.value) return { phase: 'Succeeded', outputs }
  return { phase: 'Failed', message: `successCondition '${http.successCondition}' evaluated false`, outputs }
}
