/** Moments for people: today as 14:32, else with the day. */

export function clock(moment) {
  const then = new Date(moment);
  const isToday = then.toDateString() === new Date().toDateString();
  const time = then.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return isToday ? time : `${then.toLocaleDateString(undefined, { day: "numeric", month: "short" })} ${time}`;
}
