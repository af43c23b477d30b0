/** When the backlog will be gone, in words. */
import type { DrainForecast } from "../generated/rekam/v1/outbox_pb";
import { secondsOf } from "../parts/moments";
import { say, sayDuration } from "../text/language";
import { text } from "./link.text";

/** A forecast with its range, or why there is none. */
export function sayForecast(forecast: DrainForecast | undefined): string {
  if (!forecast) return say(text.forecastUnknown);
  if (forecast.unknown === "TOO_LITTLE_MEASURED") return say(text.forecastLittle);
  if (forecast.unknown === "NEVER_AT_THIS_RATE") return say(text.forecastNever);
  if (forecast.unknown) return say(text.forecastUnknown);
  const words = range(forecast);
  return forecast.fromReturn ? say(text.forecastFromReturn, { forecast: words }) : words;
}

function range(forecast: DrainForecast): string {
  const [earliest, likely, latest] = [forecast.earliest, forecast.likely, forecast.latest].map((each) => {
    const seconds = secondsOf(each);
    return seconds === undefined ? undefined : sayDuration(seconds);
  });
  if (earliest && likely && latest) return say(text.forecastRange, { earliest, likely, latest });
  if (earliest && likely) return say(text.forecastOpen, { earliest, likely });
  return earliest ? say(text.forecastEarliest, { earliest }) : say(text.forecastUnknown);
}
