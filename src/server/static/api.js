/** The REST API: calls, streams of JSON lines, and the token, kept as the cookie that the server looks at. */

export class ApiError extends Error {
  constructor(status, message) {
    super(message)
    this.status = status
  }
}

const urlOf = (path) => new URL(`api/v1/${path}`, document.baseURI)

export async function call(method, path, body) {
  const response = await fetch(urlOf(path), { method, ...(body !== undefined && { body: JSON.stringify(body) }) })
  if (!response.ok) throw await errorOf(response)
  return response.json()
}

async function errorOf(response) {
  const text = await response.text()
  try {
    return new ApiError(response.status, JSON.parse(text).message ?? text)
  } catch {
    return new ApiError(response.status, text || response.statusText)
  }
}

/** Calls `onResult` with each result; resolves when the stream ends. */
export async function stream(path, { signal, onOpen, onResult }) {
  const response = await fetch(urlOf(path), { signal })
  if (!response.ok) throw await errorOf(response)
  onOpen?.()
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const lines = (rest + value).split('\n')
    rest = lines.pop()
    for (const line of lines) if (line !== '') onResult(JSON.parse(line).result)
  }
}

/** A stream that is taken up again whenever it breaks off, until the signal. 401 and 404 end it. */
export async function follow(path, { signal, onState, onEnd, ...handlers }) {
  for (let waitMs = 1000; !signal.aborted; waitMs = Math.min(waitMs * 1.5, 30_000)) {
    try {
      await stream(path, {
        signal,
        ...handlers,
        onOpen: () => {
          waitMs = 1000
          onState('live')
          handlers.onOpen?.()
        },
      })
    } catch (error) {
      if (signal.aborted) return
      if (error.status === 401 || error.status === 404) return onEnd(error)
    }
    if (signal.aborted) return
    onState('lost')
    await new Promise((resolve) => setTimeout(resolve, waitMs))
  }
}

/** For this tab's session and path only; other sites do not get it sent along. */
export function keepToken(token) {
  const { pathname, protocol } = new URL(document.baseURI)
  const value = /^(Bearer|Basic)\s/i.test(token) ? token : `Bearer ${token}`
  const secure = protocol === 'https:' ? '; Secure' : ''
  document.cookie = `authorization=${encodeURIComponent(value)}; SameSite=Strict; path=${pathname}${secure}`
}
