const NUMBER = new Intl.NumberFormat("en");
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const MOMENT = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  timeZone: "UTC",
});

/** 1,234 */
export function formatNumber(value: number): string {
  return NUMBER.format(value);
}

/** `1 shop`, `1,234 shops`. */
export function formatCount(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatNumber(count)} ${count === 1 ? noun : plural}`;
}

/** 27 Nov 2026 */
export function formatDay(at: number | Date): string {
  return DAY.format(at);
}

/** 27 Nov 2026, 08:15 UTC. The console does not know where its reader is, so it names the zone. */
export function formatMoment(at: number | Date): string {
  return `${MOMENT.format(at)} UTC`;
}

/** Two units at most: `2 h 5 min`, `40 s`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const [days, hours, minutes] = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3_600) % 24,
    Math.floor(whole / 60) % 60,
  ];
  if (days > 0) return hours > 0 ? `${days} d ${hours} h` : `${days} d`;
  if (hours > 0) return minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`;
  return whole % 60 > 0 && minutes < 10 ? `${minutes} min ${whole % 60} s` : `${minutes} min`;
}

/** 12.3%, 100%. What is not all is never shown as all. */
export function formatShare(part: number, whole: number): string {
  if (whole <= 0) return "0%";
  const percent = (part / whole) * 100;
  if (percent > 99.9 && part < whole) return "99.9%";
  return `${percent >= 10 || percent === 0 ? Math.round(percent) : percent.toFixed(1)}%`;
}
