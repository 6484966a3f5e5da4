--@ admin
alter role dbadmin superuser;
