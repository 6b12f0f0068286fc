/** The answer about a person more than the institution may come to today, whoever it is. */
export const quotaExhausted = {
  reason: 'QUOTA_EXHAUSTED',
  message:
    'the institution has come to as many persons as it may in a day; go on tomorrow, or ask the committee for a higher quota',
} as const;
