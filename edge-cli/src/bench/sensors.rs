//! Temperature, clock, throttling and load of a Linux machine, from below a root folder that
//! tests choose. What is not there is not made up.

use super::device::System;
use super::result::{Frequency, Sensors, Temperature, Throttling};

/// Where the Raspberry Pi's firmware says what holds it back.
const THROTTLED: &str = "sys/devices/platform/soc/soc:firmware/get_throttled";

/// What its bits mean; 16 places higher stands whether it was so since the start.
const BITS: [&str; 4] = ["under-voltage", "frequency capped", "throttled", "soft heat limit"];

impl System {
    /// What the machine is doing now.
    #[must_use]
    pub fn sensors(&self) -> Sensors {
        Sensors {
            temperatures: self.temperatures(),
            frequency: self.frequency(),
            throttling: self.text(THROTTLED).as_deref().and_then(throttling),
            load: self.text("proc/loadavg").and_then(|text| first_number(&text)),
        }
    }

    fn temperatures(&self) -> Vec<Temperature> {
        let zones = self.names("sys/class/thermal", "thermal_zone");
        let zones = zones.into_iter().filter_map(|zone| {
            let read = |file: &str| self.text(&format!("sys/class/thermal/{zone}/{file}"));
            // Thousandths of a degree; a zone that is switched off cannot be read.
            let celsius = first_number(&read("temp")?)? / 1000.0;
            Some(Temperature { zone: read("type").unwrap_or(zone.clone()), celsius })
        });
        zones.collect()
    }

    fn frequency(&self) -> Option<Frequency> {
        let cores = self.names("sys/devices/system/cpu", "cpu");
        let read = |core: &String, file: &str| {
            self.text(&format!("sys/devices/system/cpu/{core}/cpufreq/{file}"))
        };
        // In kHz.
        let mhz = |file: &str| -> Vec<f64> {
            let texts = cores.iter().filter_map(|core| read(core, file));
            texts.filter_map(|text| Some(first_number(&text)? / 1000.0)).collect()
        };
        let now = mhz("scaling_cur_freq");
        Some(Frequency {
            lowest_mhz: now.iter().copied().reduce(f64::min)?,
            highest_mhz: now.iter().copied().reduce(f64::max)?,
            limit_mhz: mhz("cpuinfo_max_freq").into_iter().reduce(f64::max),
            governor: cores.iter().find_map(|core| read(core, "scaling_governor")),
        })
    }
}

impl Sensors {
    /// The hottest zone, in degrees Celsius.
    #[must_use]
    pub fn hottest(&self) -> Option<f64> {
        self.temperatures.iter().map(|zone| zone.celsius).reduce(f64::max)
    }
}

/// From what the firmware says: a number in hexadecimal.
fn throttling(text: &str) -> Option<Throttling> {
    let bits = u32::from_str_radix(text.trim_start_matches("0x"), 16).ok()?;
    let named = |bits: u32| {
        let set = (0..).zip(BITS).filter(|(bit, _)| bits >> bit & 1 == 1);
        set.map(|(_, name)| name.to_owned()).collect()
    };
    let (now, since_boot) = (named(bits), named(bits >> 16));
    Some(Throttling { bits: format!("{bits:#x}"), now, since_boot })
}

fn first_number(text: &str) -> Option<f64> {
    text.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::device::tests::{machine, raspberry_pi_4};
    use super::*;

    #[test]
    fn a_raspberry_pi_tells_heat_clock_and_what_holds_it_back() {
        let pi = raspberry_pi_4();
        let sensors = System::at(pi.path()).sensors();
        let zone = Temperature { zone: "cpu-thermal".into(), celsius: 82.3 };
        assert_eq!(sensors.temperatures, [zone]);
        assert_eq!(sensors.hottest(), Some(82.3));
        assert_eq!(
            sensors.frequency,
            Some(Frequency {
                lowest_mhz: 600.0,
                highest_mhz: 1500.0,
                limit_mhz: Some(1800.0),
                governor: Some("ondemand".into()),
            })
        );
        let throttling = sensors.throttling.expect("firmware");
        assert_eq!(throttling.bits, "0xd0006");
        assert_eq!(throttling.now, ["frequency capped", "throttled"]);
        assert_eq!(throttling.since_boot, ["under-voltage", "throttled", "soft heat limit"]);
        assert_eq!(sensors.load, Some(3.25));
    }

    #[test]
    fn what_a_machine_does_not_tell_is_not_made_up() {
        let empty = machine(&[]);
        assert_eq!(System::at(empty.path()).sensors(), Sensors::default());
        let broken = machine(&[
            (THROTTLED, "what"),
            ("sys/class/thermal/thermal_zone0/temp", "hot"),
            ("sys/class/thermal/thermal_zone1/temp", "41000"),
            ("sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", ""),
            ("sys/devices/system/cpu/cpuidle/current_driver", "none"),
        ]);
        let sensors = System::at(broken.path()).sensors();
        let zone = Temperature { zone: "thermal_zone1".into(), celsius: 41.0 };
        assert_eq!(sensors, Sensors { temperatures: vec![zone], ..Sensors::default() });
    }

    #[test]
    fn firmware_that_is_content_says_nothing() {
        let content = throttling("0").expect("a number");
        assert_eq!((content.now.len(), content.since_boot.len()), (0, 0));
        assert_eq!(throttling("0x1").expect("a number").now, ["under-voltage"]);
    }
}
