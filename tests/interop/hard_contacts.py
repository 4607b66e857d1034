"""Contacts that are hard to export, some beyond what every engine supports, each as the bytes of its JSON."""

CONTACTS = [
    # The limits of 64-bit integers, and of the calendars of readers.
    b'{"id":9223372036854775807,"created_at":"9999-12-31T23:59:59.999999Z","updated_at":"1900-01-01T00:00:00+00:00"}',
    b'{"id":"-9223372036854775808","created_at":"1969-12-31T23:59:59.999999Z","updated_at":"1583-01-01T12:00:00-05:00"}',
    # Ids and numbers as text.
    b'{"id":"17","contact_owner":{"id":"18"}}',
    # A lone surrogate, a surrogate pair, and invalid UTF-8.
    rb'{"id":3,"first_name":"\ud800","last_name":"\ud83d\ude00 \udc00!","full_name":"' + b'caf\xe9 \xff\xfe"}',
    # Line breaks, quotes and control characters.
    rb'{"id":4,"first_name":"a\u0000b","last_name":"two\nlines\r\n","full_name":"\"quoted\" \\ \/","title":"\u2028\u202e\u001b[31m"}',
    "{\"id\":5,\"first_name\":\"東京\",\"last_name\":\"Ω̈ é\",\"full_name\":\"👩‍👩‍👧\",\"company\":\"\u200b\"}".encode(),
    # Empty text is not null. Null and an absent key are both null in the table.
    b'{"id":6,"first_name":"","last_name":null,"contact_owner":null}',
    b'{"id":7}',
    # Text that looks like something else.
    b'{"id":8,"first_name":"null","last_name":"NaN","full_name":"true","email":"{}","phone_number":"+15551234567",'
    b'"company":"007","title":"2025-01-01","location":"12:00:00","image_url":"d9428888-122b-11e1-b85c-61cd3cbb3210"}',
    # Values that no column can hold.
    b'{"id":9,"email":5,"first_name":{"a":[1,2.50,null]},"nickname":"Bo","middle_name":null,"tags":["x","y"],"created_at":"yesterday",'
    b'"updated_at":"2025-07-30T10:00:00","contact_owner":{"id":1.5,"email":false,"team":"north","name":"Jane"}}',
    # Keys of the API with the names of our columns.
    b'{"id":10,"contact_owner":"Jane","extra":"of the API","owner_email":"x","owner_id":5}',
    # If a key is repeated, the last value counts.
    b'{"id":0,"id":11,"first_name":"first","first_name":"last","contact_owner":{"id":1,"email":"a"},"contact_owner":{"id":2}}',
    # The other timestamp format, and more digits than microseconds.
    b'{"id":12,"created_at":"2025-05-21 15:30:00 -0600","updated_at":"2025-07-30T10:00:00.1234567+05:45"}',
]
