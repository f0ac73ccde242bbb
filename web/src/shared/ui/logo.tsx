export function Logo({ className = 'size-7' }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" className={className} aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" className="fill-accent" />
      <path
        d="M8 10h16M8 16h16M8 22h16"
        className="stroke-on-accent/50"
        strokeWidth="2"
        strokeLinecap="round"
      />
      <path
        d="M12 7v18M20 7v18"
        className="stroke-on-accent"
        strokeWidth="2.6"
        strokeLinecap="round"
      />
    </svg>
  );
}
