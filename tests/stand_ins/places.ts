/**
 * Where values come from on a manager as it is installed.
 *
 * @module
 */
import { type Places, placesOf } from "../../lib/config/places.ts";

/** The token stands in ossec.conf, and no option is set. */
export const PLACES: Places = placesOf({
  home: "/var/ossec",
  apiKey: "",
  file: "/var/ossec/etc/opencti.json",
  isOption: () => false,
});
