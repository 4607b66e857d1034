//! The words contacts are made of: names in several scripts, work, places.
//!
//! Data only. Names carry the ASCII form that stands in email addresses. Domains are reserved
//! for examples, phone ranges for fiction.

/// A name and how it looks in an email address.
#[derive(Debug, Clone, Copy)]
pub(super) struct Name {
    pub(super) text: &'static str,
    pub(super) handle: &'static str,
}

/// Names of one script.
#[derive(Debug)]
pub(super) struct People {
    pub(super) given: &'static [Name],
    pub(super) family: &'static [Name],
    /// The full name is family name then given name, with nothing between.
    pub(super) family_first: bool,
}

/// All scripts, with their share of 100 contacts.
pub(super) struct Scripts(&'static [(u64, People)]);

impl Scripts {
    /// The script for a number from 0 to 99.
    pub(super) fn of(&self, mut roll: u64) -> &'static People {
        let (last, others) = (&self.0[self.0.len() - 1], &self.0[..self.0.len() - 1]);
        for (share, people) in others {
            if roll < *share {
                return people;
            }
            roll -= share;
        }
        &last.1
    }
}

const fn name(text: &'static str, handle: &'static str) -> Name {
    Name { text, handle }
}

const fn people(given: &'static [Name], family: &'static [Name]) -> People {
    People { given, family, family_first: false }
}

pub(super) const PEOPLE: Scripts = Scripts(&[
    (72, people(LATIN_GIVEN, LATIN_FAMILY)),
    (15, people(ACCENTED_GIVEN, ACCENTED_FAMILY)),
    (5, People { given: CJK_GIVEN, family: CJK_FAMILY, family_first: true }),
    (3, people(ARABIC_GIVEN, ARABIC_FAMILY)),
    (3, people(CYRILLIC_GIVEN, CYRILLIC_FAMILY)),
    (2, people(EMOJI_GIVEN, ODD_FAMILY)),
]);

pub(super) const LATIN_GIVEN: &[Name] = &[
    name("James", "james"),
    name("Mary", "mary"),
    name("Robert", "robert"),
    name("Patricia", "patricia"),
    name("John", "john"),
    name("Jennifer", "jennifer"),
    name("Michael", "michael"),
    name("Linda", "linda"),
    name("David", "david"),
    name("Elizabeth", "elizabeth"),
    name("William", "william"),
    name("Barbara", "barbara"),
    name("Richard", "richard"),
    name("Susan", "susan"),
    name("Joseph", "joseph"),
    name("Jessica", "jessica"),
    name("Thomas", "thomas"),
    name("Sarah", "sarah"),
    name("Charles", "charles"),
    name("Karen", "karen"),
    name("Daniel", "daniel"),
    name("Nancy", "nancy"),
    name("Matthew", "matthew"),
    name("Lisa", "lisa"),
    name("Anthony", "anthony"),
    name("Betty", "betty"),
    name("Mark", "mark"),
    name("Sandra", "sandra"),
    name("Steven", "steven"),
    name("Ashley", "ashley"),
    name("Andrew", "andrew"),
    name("Emily", "emily"),
    name("Kevin", "kevin"),
    name("Donna", "donna"),
    name("Brian", "brian"),
    name("Michelle", "michelle"),
    name("George", "george"),
    name("Carol", "carol"),
    name("Priya", "priya"),
    name("Kwame", "kwame"),
];

pub(super) const LATIN_FAMILY: &[Name] = &[
    name("Smith", "smith"),
    name("Johnson", "johnson"),
    name("Williams", "williams"),
    name("Brown", "brown"),
    name("Jones", "jones"),
    name("Garcia", "garcia"),
    name("Miller", "miller"),
    name("Davis", "davis"),
    name("Martinez", "martinez"),
    name("Anderson", "anderson"),
    name("Taylor", "taylor"),
    name("Moore", "moore"),
    name("Jackson", "jackson"),
    name("Martin", "martin"),
    name("Lee", "lee"),
    name("Thompson", "thompson"),
    name("White", "white"),
    name("Harris", "harris"),
    name("Clark", "clark"),
    name("Lewis", "lewis"),
    name("Robinson", "robinson"),
    name("Walker", "walker"),
    name("Young", "young"),
    name("Allen", "allen"),
    name("King", "king"),
    name("Wright", "wright"),
    name("Scott", "scott"),
    name("Hill", "hill"),
    name("Green", "green"),
    name("Adams", "adams"),
    name("Baker", "baker"),
    name("Nelson", "nelson"),
    name("Carter", "carter"),
    name("Mitchell", "mitchell"),
    name("Roberts", "roberts"),
    name("Turner", "turner"),
    name("Phillips", "phillips"),
    name("Campbell", "campbell"),
    name("Parker", "parker"),
    name("Okafor", "okafor"),
    name("Patel", "patel"),
    name("Rossi", "rossi"),
    name("Novak", "novak"),
];

const ACCENTED_GIVEN: &[Name] = &[
    name("Zoë", "zoe"),
    name("José", "jose"),
    name("Élodie", "elodie"),
    name("Jürgen", "juergen"),
    name("Søren", "soren"),
    name("Łukasz", "lukasz"),
    name("Márta", "marta"),
    name("Øystein", "oystein"),
    name("Çağla", "cagla"),
    name("Ngọc", "ngoc"),
    name("Þóra", "thora"),
    name("Anaïs", "anais"),
];

const ACCENTED_FAMILY: &[Name] = &[
    name("Müller", "mueller"),
    name("Núñez", "nunez"),
    name("Lefèvre", "lefevre"),
    name("Kovács", "kovacs"),
    name("Ångström", "angstrom"),
    name("Wiśniewski", "wisniewski"),
    name("Gonçalves", "goncalves"),
    name("Dvořák", "dvorak"),
    name("Nguyễn", "nguyen"),
    name("Jørgensen", "jorgensen"),
    name("Yılmaz", "yilmaz"),
    name("Großmann", "grossmann"),
];

const CJK_GIVEN: &[Name] = &[
    name("伟", "wei"),
    name("秀英", "xiuying"),
    name("陽翔", "haruto"),
    name("さくら", "sakura"),
    name("민준", "minjun"),
    name("서연", "seoyeon"),
    name("美玲", "meiling"),
    name("健太", "kenta"),
];

const CJK_FAMILY: &[Name] = &[
    name("王", "wang"),
    name("李", "li"),
    name("陳", "chen"),
    name("佐藤", "sato"),
    name("鈴木", "suzuki"),
    name("김", "kim"),
    name("박", "park"),
    name("高橋", "takahashi"),
];

const ARABIC_GIVEN: &[Name] = &[
    name("محمد", "mohammed"),
    name("فاطمة", "fatima"),
    name("أحمد", "ahmed"),
    name("ليلى", "layla"),
    name("يوسف", "yusuf"),
    name("نور", "nour"),
];

const ARABIC_FAMILY: &[Name] = &[
    name("الهاشمي", "alhashimi"),
    name("حداد", "haddad"),
    name("منصور", "mansour"),
    name("الشريف", "alsharif"),
    name("خليل", "khalil"),
];

const CYRILLIC_GIVEN: &[Name] = &[
    name("Анна", "anna"),
    name("Дмитро", "dmytro"),
    name("Ольга", "olga"),
    name("Сергей", "sergei"),
    name("Ивана", "ivana"),
    name("Андрій", "andrii"),
];

const CYRILLIC_FAMILY: &[Name] = &[
    name("Шевченко", "shevchenko"),
    name("Иванова", "ivanova"),
    name("Петровић", "petrovic"),
    name("Коваль", "koval"),
    name("Соколов", "sokolov"),
];

const EMOJI_GIVEN: &[Name] = &[
    name("Luna 🌸", "luna"),
    name("Max 🚀", "max"),
    name("👩🏽‍💻 Ada", "ada"),
    name("Sam ❤️", "sam"),
    name("DJ 🎧 Kai", "kai"),
];

const ODD_FAMILY: &[Name] = &[
    name("O'Brien", "obrien"),
    name("O’Connor", "oconnor"),
    name("van der Berg", "vanderberg"),
    name("Smith-Jones", "smith-jones"),
    name("d\u{301}Arc", "darc"),
    name("Bob \"Bobby\" Tables", "bobby.tables"),
];

/// Before the last four digits of a North American number; 555 is for fiction.
pub(super) const AREA_CODES: &[&str] = &[
    "+1205555", "+1212555", "+1213555", "+1214555", "+1303555", "+1305555", "+1312555", "+1313555", "+1404555",
    "+1408555", "+1415555", "+1469555", "+1503555", "+1512555", "+1602555", "+1612555", "+1617555", "+1646555",
    "+1702555", "+1713555", "+1718555", "+1801555", "+1818555", "+1916555",
];

pub(super) const EMAIL_DOMAINS: &[&str] = &[
    "example.com",
    "example.org",
    "example.net",
    "mail.example.com",
    "acme.example",
    "north.example",
    "globex.example",
    "corp.example.org",
];

pub(super) const COMPANIES: &[&str] = &[
    "Acme",
    "Globex",
    "Initech",
    "Northwind",
    "Umbrella",
    "Stark & Wayne",
    "Blue Harbor",
    "Silver Oak",
    "Red Maple",
    "Summit",
    "Cascade",
    "Pioneer",
    "Lone Star",
    "Golden Gate",
    "Great Lakes",
    "Evergreen",
    "Harbor Point",
    "Iron Bridge",
    "Bright Path",
    "Clear Water",
    "Müller & Söhne",
    "Société Lumière",
    "Nordlys",
    "São Bento",
    "東京",
    "Kowalczyk",
    "Delta",
    "Orion",
    "Vertex",
    "Meridian",
];

pub(super) const COMPANY_SUFFIXES: &[&str] = &[
    " Corp",
    " Inc.",
    " LLC",
    " Partners",
    " Realty Group",
    " Logistics",
    " Insurance Agency",
    " Health Systems",
    " Technologies",
    " Construction",
    "",
    " Holdings",
];

/// Names that break careless readers: quotes, control characters, formulas, the word null.
pub(super) const ODD_COMPANIES: &[&str] = &[
    "The \"Blue\" Door",
    "C:\\Temp Consulting",
    "Line One\nLine Two Ltd",
    "Tab\tand Sons",
    "<Script> & Co.",
    "NULL",
    "null",
    "#N/A",
    "=1+1",
    "Smith, Jones; Lee",
    "🍕 Pizza Palace",
    "a/b testing",
    " leading and trailing ",
];

pub(super) const TITLES: &[&str] = &[
    "CEO",
    "CTO",
    "CFO",
    "Founder",
    "Sales Manager",
    "Account Executive",
    "Senior Account Executive",
    "Vice President of Sales",
    "Marketing Director",
    "Operations Manager",
    "Software Engineer",
    "Project Manager",
    "Office Manager",
    "Real Estate Agent",
    "Loan Officer",
    "Insurance Agent",
    "Business Development Representative",
    "Customer Success Manager",
    "Head of R&D",
    "Geschäftsführerin",
    "Directeur général",
    "Consultant",
    "Attorney",
    "Physician",
];

pub(super) const LOCATIONS: &[&str] = &[
    "San Francisco, CA",
    "New York, NY",
    "Birmingham, AL",
    "Chicago, IL",
    "Austin, TX",
    "Denver, CO",
    "Miami, FL",
    "Seattle, WA",
    "Boston, MA",
    "Phoenix, AZ",
    "Los Angeles, CA",
    "Portland, OR",
    "Nashville, TN",
    "Minneapolis, MN",
    "Salt Lake City, UT",
    "Atlanta, GA",
    "Raleigh, NC",
    "Detroit, MI",
    "Montréal, QC",
    "Zürich, Switzerland",
    "São Paulo, Brazil",
    "Kraków, Poland",
    "München, Germany",
    "London, United Kingdom",
    "東京都",
    "دبي",
];

/// Places that someone typed into the wrong form.
pub(super) const ODD_LOCATIONS: &[&str] =
    &["1 Main St\nSuite 5\nSpringfield", "\"HQ\"", "\\\\server\\share", "Remote 🌍", "Piso 3\tPuerta B"];
