import { ApiError } from '@/shared/api/client';
import type { SourceTest } from '@/shared/api/types';

/** The reason a database gave belongs to what is shown, beside the words for its kind. */
export function withReason(error: unknown): unknown {
  if (!(error instanceof ApiError) || error.status < 400) return error;
  return new ApiError(error.status, {
    code: error.code,
    message: error.message,
    detail: error.message,
    hint: error.hint,
    where: error.where,
    requestId: error.requestId,
  });
}

export function errorOfTest(test: SourceTest): unknown {
  if (test.ok || !test.error) return null;
  const { code, message, hint } = test.error;
  return new ApiError(422, { code, message, detail: message, hint: hint ?? undefined });
}
