"""The unit vocabulary as data: `name | dimension | factor | offset | aliases | short aliases`.

A value in a unit times its factor plus its offset, both exact fractions, is the value in the base unit. Short aliases
are read from a key only beside a word of the dimension (`temp_f`), because alone they mean too much.
"""

UNIT_TEXT = """
kg | mass | 1 | 0 | kilogram;kilograms;kgs;kilo;kilos |
g | mass | 0.001 | 0 | gram;grams;gm;gms | g
mg | mass | 0.000001 | 0 | milligram;milligrams |
ug | mass | 0.000000001 | 0 | microgram;micrograms;µg;μg;mcg |
t | mass | 1000 | 0 | tonne;tonnes;metric ton;metric tons;metric tonne | t
lb | mass | 0.45359237 | 0 | lbs;pound;pounds |
oz | mass | 0.028349523125 | 0 | ounce;ounces |
st | mass | 6.35029318 | 0 | stone;stones | st
short_ton | mass | 907.18474 | 0 | short ton;short tons;us ton |
long_ton | mass | 1016.0469088 | 0 | long ton;long tons;imperial ton |
m | length | 1 | 0 | meter;meters;metre;metres | m
km | length | 1000 | 0 | kilometer;kilometers;kilometre;kilometres |
cm | length | 0.01 | 0 | centimeter;centimeters;centimetre;centimetres |
mm | length | 0.001 | 0 | millimeter;millimeters;millimetre;millimetres |
um | length | 0.000001 | 0 | micrometer;micrometers;micrometre;micron;microns;µm;μm |
nm | length | 0.000000001 | 0 | nanometer;nanometers;nanometre | nm
in | length | 0.0254 | 0 | inch;inches | in
ft | length | 0.3048 | 0 | foot;feet |
yd | length | 0.9144 | 0 | yard;yards;yds |
mi | length | 1609.344 | 0 | mile;miles | mi
nmi | length | 1852 | 0 | nautical mile;nautical miles;nautical_mile |
m2 | area | 1 | 0 | m²;square meter;square meters;square metre;square metres;sqm;sq m |
km2 | area | 1000000 | 0 | km²;square kilometer;square kilometers;square kilometre |
cm2 | area | 0.0001 | 0 | cm²;square centimeter;square centimeters;square centimetre |
mm2 | area | 0.000001 | 0 | mm²;square millimeter;square millimeters |
ha | area | 10000 | 0 | hectare;hectares | ha
acre | area | 4046.8564224 | 0 | acres;ac |
ft2 | area | 0.09290304 | 0 | ft²;square foot;square feet;sqft;sq ft |
in2 | area | 0.00064516 | 0 | in²;square inch;square inches;sq in |
yd2 | area | 0.83612736 | 0 | yd²;square yard;square yards;sq yd |
mi2 | area | 2589988.110336 | 0 | mi²;square mile;square miles;sq mi |
l | volume | 0.001 | 0 | L;liter;liters;litre;litres;ltr | l
ml | volume | 0.000001 | 0 | mL;milliliter;milliliters;millilitre;millilitres |
cl | volume | 0.00001 | 0 | cL;centiliter;centiliters | cl
m3 | volume | 1 | 0 | m³;cubic meter;cubic meters;cubic metre;cubic metres;cbm |
cm3 | volume | 0.000001 | 0 | cm³;cubic centimeter;cubic centimeters;cc |
gal | volume | 0.003785411784 | 0 | gallon;gallons;us gallon;us gallons;gallon us |
qt | volume | 0.000946352946 | 0 | quart;quarts;us quart | qt
pt | volume | 0.000473176473 | 0 | pint;pints;us pint | pt
cup | volume | 0.0002365882365 | 0 | us cup;cup us | cup cups
fl_oz | volume | 0.0000295735295625 | 0 | fluid ounce;fluid ounces;floz;us fluid ounce |
tbsp | volume | 0.00001478676478125 | 0 | tablespoon;tablespoons |
tsp | volume | 0.00000492892159375 | 0 | teaspoon;teaspoons |
gal_imp | volume | 0.00454609 | 0 | imperial gallon;imperial gallons;uk gallon;gallon imperial |
ft3 | volume | 0.028316846592 | 0 | ft³;cubic foot;cubic feet;cu ft |
in3 | volume | 0.000016387064 | 0 | in³;cubic inch;cubic inches;cu in |
C | temperature | 1 | 273.15 | celsius;degree celsius;degrees celsius;°C;deg C;degC;centigrade | c
F | temperature | 5/9 | 229835/900 | fahrenheit;degree fahrenheit;degrees fahrenheit;°F;deg F;degF | f
K | temperature | 1 | 0 | kelvin;kelvins | k
s | time | 1 | 0 | sec;secs;second;seconds | s second
ms | time | 0.001 | 0 | msec;millisecond;milliseconds;millis |
us | time | 0.000001 | 0 | µs;μs;microsecond;microseconds | us
ns | time | 0.000000001 | 0 | nanosecond;nanoseconds | ns
min | time | 60 | 0 | mins;minute;minutes | min minute
h | time | 3600 | 0 | hr;hrs;hour;hours | h hour
day | time | 86400 | 0 | days;d | d day
week | time | 604800 | 0 | weeks;wk;wks | w week wk
month | calendar | 1 | 0 | months;mo | mo month
year | calendar | 12 | 0 | years;yr;yrs | y year yr
m/s | speed | 1 | 0 | mps;meter per second;meters per second;metre per second |
km/h | speed | 5/18 | 0 | kmh;kph;km per h;kilometer per hour;kilometers per hour;kilometre per hour |
mph | speed | 0.44704 | 0 | mile per hour;miles per hour;mi/h |
kn | speed | 463/900 | 0 | knot;knots;kt | kn
ft/s | speed | 0.3048 | 0 | fps;foot per second;feet per second |
Pa | pressure | 1 | 0 | pascal;pascals | pa
hPa | pressure | 100 | 0 | hectopascal;hectopascals;mbar;millibar;millibars |
kPa | pressure | 1000 | 0 | kilopascal;kilopascals |
MPa | pressure | 1000000 | 0 | megapascal;megapascals |
bar | pressure | 100000 | 0 | bars | bar bars
psi | pressure | 8896443230521/1290320000 | 0 | pound per square inch;pounds per square inch |
atm | pressure | 101325 | 0 | atmosphere;atmospheres | atm
mmHg | pressure | 133.322387415 | 0 | millimeter of mercury |
J | energy | 1 | 0 | joule;joules | j
kJ | energy | 1000 | 0 | kilojoule;kilojoules |
MJ | energy | 1000000 | 0 | megajoule;megajoules |
Wh | energy | 3600 | 0 | watt hour;watt hours |
kWh | energy | 3600000 | 0 | kilowatt hour;kilowatt hours |
MWh | energy | 3600000000 | 0 | megawatt hour;megawatt hours |
cal | energy | 4.184 | 0 | calorie;calories | cal
kcal | energy | 4184 | 0 | kilocalorie;kilocalories |
BTU | energy | 1055.05585262 | 0 | btus;british thermal unit;british thermal units |
W | power | 1 | 0 | watt;watts | w
kW | power | 1000 | 0 | kilowatt;kilowatts |
mW | power | 0.001 | 0 | milliwatt;milliwatts |
MW | power | 1000000 | 0 | megawatt;megawatts |
hp | power | 745.69987158227022 | 0 | horsepower | hp
bit | data | 0.125 | 0 | bits | bit bits
B | data | 1 | 0 | byte;bytes | b
kB | data | 1000 | 0 | kilobyte;kilobytes |
MB | data | 1000000 | 0 | megabyte;megabytes |
GB | data | 1000000000 | 0 | gigabyte;gigabytes |
TB | data | 1000000000000 | 0 | terabyte;terabytes |
KiB | data | 1024 | 0 | kibibyte;kibibytes |
MiB | data | 1048576 | 0 | mebibyte;mebibytes |
GiB | data | 1073741824 | 0 | gibibyte;gibibytes |
deg | angle | 1 | 0 | °;degree;degrees | deg degree degrees
rad | angle | 57.295779513082320876798154814105170332405472466564 | 0 | radian;radians | rad
Hz | frequency | 1 | 0 | hertz |
kHz | frequency | 1000 | 0 | kilohertz |
MHz | frequency | 1000000 | 0 | megahertz |
GHz | frequency | 1000000000 | 0 | gigahertz |
rpm | frequency | 1/60 | 0 | revolutions per minute |
N | force | 1 | 0 | newton;newtons | n
kN | force | 1000 | 0 | kilonewton;kilonewtons |
lbf | force | 4.4482216152605 | 0 | pound force;pounds force |
V | voltage | 1 | 0 | volt;volts | v
A | current | 1 | 0 | ampere;amperes;amp;amps | a
percent | ratio | 0.01 | 0 | %;pct;per cent;percentage;percentages |
permille | ratio | 0.001 | 0 | ‰;per mille |
bp | ratio | 0.0001 | 0 | bps;basis point;basis points | bp bps
ppm | ratio | 0.000001 | 0 | parts per million |
"""

DIMENSION_WORDS = {
    "mass": "weight mass net gross load payload",
    "length": "length width height depth distance diameter radius altitude elevation thickness long wide tall deep",
    "area": "area surface",
    "volume": "volume capacity content",
    "temperature": "temp temperature temps temperatures heat boiling melting",
    "time": "time duration elapsed delay timeout age latency interval lead took runtime wait period",
    "calendar": "age duration term period tenure",
    "speed": "speed velocity wind",
    "pressure": "pressure",
    "energy": "energy consumption heat",
    "power": "power output wattage",
    "data": "size memory storage disk",
    "angle": "angle rotation bearing heading latitude longitude",
    "force": "force load",
    "voltage": "voltage",
    "current": "current",
    "ratio": "rate spread ratio",
}
"""Words beside which a short alias in a key is a unit of the dimension."""

CURRENCY_TEXT = """
    AED ARS AUD BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JPY KES KRW KZT MXN MYR NGN NOK
    NZD PEN PHP PKR PLN RON RUB SAR SEK SGD THB TRY TWD UAH USD UYU VND ZAR
    """
CURRENCIES = frozenset(CURRENCY_TEXT.split())
CURRENCY_SIGNS = {"$": "USD", "US$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₩": "KRW"}
CURRENCY_WORDS = {
    "dollar": "USD", "dollars": "USD", "euro": "EUR", "euros": "EUR", "pounds sterling": "GBP", "yen": "JPY",
}  # fmt: skip
WORDS_TOO = frozenset({"try", "pen", "all", "top", "sos", "mad", "bob", "gel", "cup", "php"})
"""Currency codes that are also words (or languages), never read from a key."""
